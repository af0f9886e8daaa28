package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.link.Link;
import dev.fibonacci.watcher.link.Link.Kind;
import dev.fibonacci.watcher.link.Order;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Serves a function of its own while the executor waits for one, on a port of its own: the JVM has then loaded and compiled the steps, which spares the first requests most of their time. What fails here
 * is of no consequence.
 */
public final class ExecutorRehearsal {
  private static final String SAMPLE = RehearsalSample.class.getName();
  private static final List<String> REQUESTS =
      List.of(
          "GET /?case=map HTTP/1.1\r\nhost: x\r\nx-request-id: r\r\n\r\n",
          "POST /?case=text HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{\"a\":1}",
          "POST /?case=pieces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
          "POST /?case=response HTTP/1.1\r\nhost: x\r\nce-specversion: 1.0\r\nce-id: 1\r\nce-source: s\r\nce-type: t\r\ncontent-length: 0\r\n\r\n",
          "GET /?case=log HTTP/1.1\r\nhost: x\r\n\r\n",
          "GET /?case=error HTTP/1.1\r\nhost: x\r\n\r\n");

  private static final long LOAD_SECONDS = 5;

  private ExecutorRehearsal() {}

  /** {@code interrupted} says when it is of no use any more. Leaves nothing in {@code parent}. */
  public static void run(Path parent, int requests, BooleanSupplier interrupted) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory(parent, "rehearsal");
      serve(folder, requests, interrupted);
    } catch (IOException | InterruptedException | RuntimeException failed) {
      // As said above.
    } finally {
      if (folder != null) delete(folder);
    }
  }

  private static void serve(Path folder, int requests, BooleanSupplier interrupted) throws IOException, InterruptedException {
    Path socket = folder.resolve("s");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServerSocketChannel links = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket))) {
      Link inner = new Link(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
      try (Link link = new Link(links.accept())) {
        Executor executor = new Executor(listener, inner, Page.create(folder.resolve("page")), new Journal(inner));
        Thread.ofPlatform().daemon().name("rehearsed").start(executor::run);
        int port = listener.socket().getLocalPort();
        writeSample(folder);
        Semaphore loaded = new Semaphore(0);
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> link.listen((kind, payload) -> {
          if (kind == Kind.LOADED || kind == Kind.FAILED) loaded.release();
        }));
        for (String handler : List.of(SAMPLE + ".handler", SAMPLE)) {
          String signature = handler.equals(SAMPLE) ? "http" : "event";
          link.send(Kind.LOAD, new Order("none", "rehearsal", "none", folder.toString(), handler, signature, false, 10, 10_000, 1000, Map.of()).toJson());
          if (!loaded.tryAcquire(LOAD_SECONDS, TimeUnit.SECONDS)) return;
          for (int request = 0; request < requests && !interrupted.getAsBoolean(); request++) ask(port, REQUESTS.get(request % REQUESTS.size()));
        }
      }
    }
  }

  private static void writeSample(Path folder) throws IOException {
    for (String name : List.of(SAMPLE, SAMPLE + "$Answer")) {
      String path = name.replace('.', '/') + ".class";
      Path file = folder.resolve("classes").resolve(path);
      Files.createDirectories(file.getParent());
      try (InputStream in = ExecutorRehearsal.class.getClassLoader().getResourceAsStream(path)) {
        Files.write(file, in.readAllBytes());
      }
    }
  }

  private static void ask(int port, String request) throws IOException {
    try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
      connection.setSoTimeout(2000);
      connection.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      connection.shutdownOutput();
      connection.getInputStream().readAllBytes();
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    } catch (IOException error) {
      // It lies in the scratch folder, which goes with the instance.
    }
  }
}
