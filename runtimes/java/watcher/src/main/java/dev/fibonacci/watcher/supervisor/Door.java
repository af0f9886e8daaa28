package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.http.OwnAnswer;
import dev.fibonacci.watcher.http.RequestHead;
import dev.fibonacci.watcher.http.Wire;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The data port where no executor takes connections: refuses requests before their body is read (W5.1). */
final class Door {
  /**
   * Whether the supervisor answers.
   *
   * @param code what it refuses with; null: it leaves connections to executors
   * @param unless it does so only while all of these say that they are taken
   */
  record Guard(ErrorCode code, List<Page> unless) {
    static final Guard NONE = new Guard(null, List.of());

    static Guard refuse(ErrorCode code) {
      return new Guard(code, List.of());
    }

    static Guard whileTaken(ErrorCode code, List<ExecutorProcess> executors) {
      return new Guard(code, executors.stream().map(ExecutorProcess::page).filter(Objects::nonNull).toList());
    }

    boolean isOpen() {
      return code != null && unless.stream().allMatch(Page::isTaken);
    }
  }

  private static final long POLL_MS = 2;
  private static final int MAX_CONNECTIONS = 4096;
  private static final long HEAD_SECONDS = 10;
  private static final long LINGER_SECONDS = 2;

  private final ServerSocketChannel listener;
  private final Runnable refused;
  private final Log log;
  private final Selector selector;
  private final Set<Wire> open = ConcurrentHashMap.newKeySet();
  private Guard guard = Guard.refuse(ErrorCode.NOT_SPECIALIZED);

  Door(ServerSocketChannel listener, Runnable refused, Log log) throws IOException {
    this.listener = listener;
    this.refused = refused;
    this.log = log;
    selector = Selector.open();
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  void start() {
    Thread.ofPlatform().daemon().name("door").start(this::run);
  }

  /** From when it returns, connections are accepted by the new rule. */
  void guard(Guard now) {
    synchronized (this) {
      guard = now;
      notifyAll();
    }
    selector.wakeup();
  }

  void closeOverdue() {
    for (Wire wire : open) if (wire.isOverdue()) wire.close();
  }

  private void run() {
    try {
      while (true) {
        awaitTurn();
        selector.select();
        selector.selectedKeys().clear();
        SocketChannel channel = accept();
        if (channel != null) serve(channel);
      }
    } catch (IOException | InterruptedException error) {
      log.error("the data listener failed", Map.of("error", error.toString()));
    }
  }

  private synchronized void awaitTurn() throws InterruptedException {
    while (!guard.isOpen()) {
      if (guard.code == null) wait();
      else wait(POLL_MS);
    }
  }

  private synchronized SocketChannel accept() throws InterruptedException {
    try {
      return guard.isOpen() ? listener.accept() : null;
    } catch (IOException outOfDescriptors) {
      wait(50);
      return null;
    }
  }

  private void serve(SocketChannel channel) throws IOException {
    if (open.size() >= MAX_CONNECTIONS) {
      channel.close();
      return;
    }
    Thread.ofVirtual().start(() -> {
      try {
        refuse(new Wire(channel));
      } catch (IOException gone) {
        // There is nobody to answer.
      }
    });
  }

  private void refuse(Wire wire) throws IOException {
    open.add(wire);
    try {
      RequestHead head = wire.readHead(HEAD_SECONDS, HEAD_SECONDS);
      if (head == null) return;
      refused.run();
      wire.write(OwnAnswer.render(code().refusal(), OwnAnswer.requestId(head), true, head.isHead()));
      wire.finish(LINGER_SECONDS);
    } catch (WatcherError error) {
      wire.write(OwnAnswer.render(error, OwnAnswer.requestId(null), true, false));
      wire.finish(LINGER_SECONDS);
    } finally {
      open.remove(wire);
      wire.close();
    }
  }

  /** Of now: a client may have been slow to ask. */
  private synchronized ErrorCode code() {
    return guard.code == null ? ErrorCode.EXECUTOR_RETIRED : guard.code;
  }
}
