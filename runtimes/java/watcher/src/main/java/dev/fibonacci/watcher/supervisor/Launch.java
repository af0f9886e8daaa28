package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.LineSplitter;
import dev.fibonacci.watcher.LogLine;
import dev.fibonacci.watcher.link.Link;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Starts an executor's process and hears it until its end: its link, and what it prints past {@code System.out}. */
final class Launch {
  /** A process that has taken up its link. */
  record Running(Process process, Link link, Page page) {}

  /** Heard in threads of the launch. */
  interface Events {
    void up(Running running);

    void heard(Link.Kind kind, byte[] payload);

    /** After everything that it said. */
    void gone(int exitCode);
  }

  private static final int NOT_STARTED = -1;

  private final ExecutorCommand command;
  private final Path folder;
  private final int id;
  private final Log log;
  private volatile String function;
  private volatile Process process;
  private volatile boolean killed;

  /** {@code folder} is short enough for the path of a socket. */
  Launch(ExecutorCommand command, Path folder, int id, Log log) {
    this.command = command;
    this.folder = folder;
    this.id = id;
    this.log = log;
  }

  void belongTo(String name) {
    function = name;
  }

  void start(Events events) {
    Thread.ofPlatform().daemon().name("executor-" + id).start(() -> events.gone(run(events)));
  }

  void kill() {
    killed = true;
    Process started = process;
    if (started != null) started.destroyForcibly();
  }

  private int run(Events events) {
    Path socket = folder.resolve(id + ".sock");
    Path file = folder.resolve(id + ".page");
    Process started;
    Thread[] pumps;
    Link link = null;
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Page page = Page.create(file);
      started = command.builder(socket, file).redirectInput(Redirect.INHERIT).start();
      process = started;
      if (killed) started.destroyForcibly();
      pumps = new Thread[] {pump(started.getInputStream(), "info"), pump(started.getErrorStream(), "error")};
      // One that dies before it comes up must not be waited for.
      started.onExit().thenRun(() -> close(server));
      link = accept(server);
      if (link != null) events.up(new Running(started, link, page));
    } catch (IOException error) {
      log.error("an executor could not be started", Map.of("error", error.toString()));
      return NOT_STARTED;
    } finally {
      delete(socket);
      delete(file);
    }
    if (link != null) link.listen((kind, payload) -> hear(events, kind, payload));
    // Without its link it cannot be told anything any more.
    started.destroyForcibly();
    return await(started, pumps);
  }

  private void hear(Events events, Link.Kind kind, byte[] payload) {
    if (kind == Link.Kind.LOG) log.put(payload);
    else events.heard(kind, payload);
  }

  private static Link accept(ServerSocketChannel server) {
    try {
      return new Link(server.accept());
    } catch (IOException closed) {
      return null;
    }
  }

  private static int await(Process started, Thread[] pumps) {
    try {
      int exitCode = started.waitFor();
      for (Thread pump : pumps) pump.join(1000);
      return exitCode;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return NOT_STARTED;
    }
  }

  /** What the process prints by other means than {@code System.out}, as lines (W8.1). */
  private Thread pump(InputStream in, String level) {
    return Thread.ofPlatform().daemon().name("output-" + id).start(() -> {
      LineSplitter lines = new LineSplitter();
      LineSplitter.Sink sink = (line, cut) -> log.put(LogLine.output(level, function, null, line, cut));
      byte[] buffer = new byte[16 * 1024];
      try (in) {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) lines.feed(buffer, 0, count, sink);
      } catch (IOException ended) {
        // With its process.
      }
      lines.flush(sink);
    });
  }

  private static void close(ServerSocketChannel server) {
    try {
      server.close();
    } catch (IOException error) {
      // It is of no use any more either way.
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException error) {
      // The next start of the watcher clears the folder.
    }
  }
}
