package dev.fibonacci.watcher.supervisor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** The running watcher: everything that is started, in order. */
final class Service {
  private static final long END_MS = 1000;
  private static final long KILL_MS = 3000;
  /** A socket's path holds 104 bytes or so. */
  private static final int MAX_SOCKET_FOLDER = 85;

  private final Loop loop;
  private final Stock stock;
  private final Watcher watcher;
  private final int dataPort;
  private final int controlPort;

  private Service(Loop loop, Stock stock, Watcher watcher, int dataPort, int controlPort) {
    this.loop = loop;
    this.stock = stock;
    this.watcher = watcher;
    this.dataPort = dataPort;
    this.controlPort = controlPort;
  }

  /** Both ports listen when it returns. @throws IOException if a port is taken, or the marker in scratch cannot be read */
  static Service start(Config config, Map<String, String> environment, Log log) throws IOException {
    DataListener listener = DataListener.open(config.host(), config.dataPort());
    ServerSocketChannel control = ServerSocketChannel.open(DataListener.familyOf(config.host()));
    control.bind(new InetSocketAddress(config.host(), config.controlPort()), 128);
    Path scratch = config.scratch();
    FunctionRef owner = FunctionRef.readMarker(scratch);
    Path links = prepare(scratch);
    Map<String, String> base = ExecutorCommand.baseEnvironment(scratch, environment);
    Loop loop = new Loop(log);
    Stock stock = new Stock(loop, new ExecutorCommand(scratch, base, config.memoryLimitBytes()), links, log);
    loop.execute(stock::warmUp);
    Ledger ledger = new Ledger(log);
    Door door = new Door(listener.channel(), () -> loop.execute(ledger::refused), log);
    Watcher watcher = new Watcher(config, base, owner, loop, stock, ledger, log, door);
    ControlApi api = new ControlApi(watcher, new Facts(config, loop, watcher, stock, ledger), new Token(config.publicKey(), config.instance()));
    ControlPort port = new ControlPort(control, api, log);
    new Warden(stock, watcher, config.memoryLimitBytes()).start(loop);
    loop.every(1000, () -> {
      door.closeOverdue();
      port.closeOverdue();
    });
    door.start();
    port.start();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("instance", config.instance());
    fields.put("dataPort", listener.port());
    fields.put("controlPort", control.socket().getLocalPort());
    log.info("listening", fields);
    Thread.ofPlatform().daemon().name("rehearsal").start(new Rehearsal(scratch, control.socket().getLocalPort())::run);
    return new Service(loop, stock, watcher, listener.port(), control.socket().getLocalPort());
  }

  int dataPort() {
    return dataPort;
  }

  int controlPort() {
    return controlPort;
  }

  /** Within the function's timeout; then lets executors end by themselves for a moment (W9.2). */
  void drain() {
    long timeoutMs = loop.call(() -> watcher.serving() == null ? 0 : watcher.serving().document().timeoutMs());
    watcher.drain(timeoutMs);
    loop.call(() -> {
      if (watcher.serving() != null) watcher.serving().end();
      return null;
    });
    awaitEnd(() -> watcher.serving() == null || watcher.serving().executors.isEmpty(), END_MS);
  }

  /** At once: no process is left. */
  void close() {
    loop.execute(stock::close);
    awaitEnd(() -> stock.living().isEmpty(), KILL_MS);
  }

  private void awaitEnd(Callable<Boolean> ended, long milliseconds) {
    long until = System.nanoTime() + milliseconds * 1_000_000;
    try {
      while (!loop.call(ended) && System.nanoTime() < until) Thread.sleep(5);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Clears what an earlier life of this instance left, but for its marker and what user code keeps in its home; gives the folder for links. */
  private static Path prepare(Path scratch) throws IOException {
    Folders.delete(scratch.resolve("revisions"));
    Files.createDirectories(scratch.resolve("tmp"));
    Path links = scratch.resolve("executors");
    Folders.delete(links);
    Files.createDirectories(links);
    return links.toString().length() <= MAX_SOCKET_FOLDER ? links : Files.createTempDirectory("fib");
  }
}
