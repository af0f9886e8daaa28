package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.link.Link;
import dev.fibonacci.watcher.link.Link.Kind;
import dev.fibonacci.watcher.link.Order;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** The life of an executor: warm, loaded, serving, closed. It ends with its link to the supervisor. */
final class Executor implements Admission.Listener {
  private static final long LAST_ANSWERS_MS = 2500;

  private final Link link;
  private final Journal journal;
  private final Admission admission;
  private final Monitor monitor;
  private final Acceptor acceptor;
  private final Loading loading;
  private final Connections connections = new Connections();
  private boolean started;
  private volatile boolean oneAtATime;
  private volatile boolean told;

  Executor(ServerSocketChannel listener, Link link, Page page, Journal journal) throws IOException {
    RevisionCensus census = new RevisionCensus();
    this.link = link;
    this.journal = journal;
    monitor = new Monitor(page, connections, census);
    admission = new Admission(page, journal, monitor, this);
    acceptor = new Acceptor(listener, page, connections);
    loading = new Loading(new ApiLoader(), census);
  }

  /** Until the link closes. */
  void run() {
    monitor.start();
    link.listen(this::heard);
    acceptor.stop();
    monitor.stop();
  }

  /** It was told to load something. */
  boolean isStarted() {
    return told;
  }

  private void heard(Kind kind, byte[] payload) {
    switch (kind) {
      case LOAD -> {
        told = true;
        Thread.ofPlatform().name("fibonacci-load").start(() -> load(Order.parse(payload)));
      }
      case CLOSE -> close(ErrorCode.valueOf(new String(payload, StandardCharsets.UTF_8)));
      case END -> Thread.ofPlatform().name("fibonacci-end").start(this::end);
      default -> journal.write("error", "an order that executors do not know", Map.of("kind", kind.name()));
    }
  }

  private void load(Order order) {
    long began = System.nanoTime();
    journal.belongTo(order.function());
    try {
      Revision revision = loading.load(order, journal);
      admission.serve(revision);
      if (!started) {
        started = true;
        oneAtATime = order.oneAtATime();
        monitor.watch(admission);
        acceptor.start(admission, journal, order.oneAtATime());
      }
    } catch (WatcherError error) {
      link.send(Kind.FAILED, error.summary());
      return;
    }
    Map<String, Object> timings = new LinkedHashMap<>();
    // A class is loaded when code comes by it: what dependencies cost cannot be told apart.
    timings.put("dependenciesMs", 0);
    timings.put("initMs", Math.round((System.nanoTime() - began) / 1e3) / 1e3);
    link.send(Kind.LOADED, timings);
  }

  /** A drained one goes on answering; a retired one leaves new connections to its successor. */
  private void close(ErrorCode code) {
    if (code == ErrorCode.EXECUTOR_RETIRED || oneAtATime) acceptor.stop();
    admission.close(code);
    link.send(Kind.CLOSED);
  }

  /** Lets the last answers get to their clients; user code's own shutdown hooks run. */
  private void end() {
    long until = System.nanoTime() + LAST_ANSWERS_MS * 1_000_000;
    while (!connections.isEmpty() && System.nanoTime() < until) LockSupport.parkNanos(5_000_000);
    System.exit(0);
  }

  /** User code ends the process: those who wait are told (W5.8). The supervisor counts them. */
  void answerBeforeExit() {
    link.send(Kind.EXITING);
    acceptor.stop();
    WatcherError crashed = new WatcherError(ErrorCode.FUNCTION_CRASHED, "The function’s process ended in the middle of the request.");
    for (Exchange exchange : admission.openExchanges()) exchange.answerLast(crashed);
  }

  @Override
  public void idle() {
    link.send(Kind.IDLE);
  }

  @Override
  public void overrun() {
    acceptor.stop();
    link.send(Kind.OVERRUN);
  }

  @Override
  public void ended(Revision revision) {
    Thread.ofPlatform().name("fibonacci-close").start(() -> {
      revision.close(journal);
      link.send(Kind.ENDED, revision.order().folder());
    });
  }

  @Override
  public void busy(boolean busy) {
    acceptor.busy(busy);
    link.send(busy ? Kind.BUSY : Kind.FREE);
  }
}
