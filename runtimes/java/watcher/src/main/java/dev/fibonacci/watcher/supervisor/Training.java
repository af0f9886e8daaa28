package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.executor.ExecutorMain;
import dev.fibonacci.watcher.link.Link;
import dev.fibonacci.watcher.link.Link.Kind;
import dev.fibonacci.watcher.link.Order;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/** Entry of a training run: does once what supervisor and executor do, in one JVM, which keeps what it has learnt for their start (JEP 514). Ends with exit code 0 if all went well. */
public final class Training {
  private static final int REQUESTS = 300;
  private static final String SAMPLE = "dev.fibonacci.watcher.supervisor.TrainingSample";
  private static final List<String> FUNCTION_REQUESTS =
      List.of(
          "GET /?case=map HTTP/1.1\r\nhost: x\r\nx-request-id: r\r\n\r\n",
          "POST /?case=text HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{\"a\":1}",
          "POST /?case=pieces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
          "POST /?case=response HTTP/1.1\r\nhost: x\r\nce-specversion: 1.0\r\nce-id: 1\r\nce-source: s\r\nce-type: t\r\ncontent-length: 0\r\n\r\n",
          "GET /?case=print HTTP/1.1\r\nhost: x\r\n\r\n",
          "GET /?case=error HTTP/1.1\r\nhost: x\r\n\r\n");
  private static final List<String> CONTROL_REQUESTS =
      List.of("GET /_/health HTTP/1.1\r\nhost: x\r\n\r\n", "GET /_/ready HTTP/1.1\r\nhost: x\r\n\r\n", "GET /_/status HTTP/1.1\r\nhost: x\r\n\r\n", "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n",
          "POST /_/specialize HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");

  private Training() {}

  public static void main(String[] arguments) throws Exception {
    Path scratch = Files.createTempDirectory("fib");
    try {
      byte[] key = Rehearsal.rawKey(KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
      Service service = Service.start(new Config("training", scratch, key, "127.0.0.1", 0, 0, OptionalLong.empty()), System.getenv(), new Log());
      new Rehearsal(scratch).run();
      for (String request : CONTROL_REQUESTS) ask(service.controlPort(), request);
      ask(service.dataPort(), FUNCTION_REQUESTS.getFirst());
      serve(scratch);
      service.close();
    } finally {
      Folders.delete(scratch);
    }
    System.exit(0);
  }

  /** An executor, without a process of its own. */
  private static void serve(Path scratch) throws IOException, InterruptedException {
    Path socket = scratch.resolve("link");
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress("127.0.0.1", 0));
    try (ServerSocketChannel links = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      links.bind(UnixDomainSocketAddress.of(socket));
      SocketChannel inner = SocketChannel.open(UnixDomainSocketAddress.of(socket));
      Link link = new Link(links.accept());
      Page page = Page.create(scratch.resolve("page"));
      Thread.ofPlatform().daemon().start(() -> ExecutorMain.serve(listener, inner, page));
      SynchronousQueue<Kind> heard = new SynchronousQueue<>();
      Thread.ofPlatform().daemon().start(() -> link.listen((kind, payload) -> {
        if (kind == Kind.LOADED || kind == Kind.FAILED) put(heard, kind);
      }));
      Path folder = writeSample(scratch.resolve("sample"));
      for (String handler : List.of(SAMPLE + ".handler", SAMPLE)) {
        link.send(Kind.LOAD, new Order("none", "training", "none", folder.toString(), handler, handler.equals(SAMPLE) ? "http" : "event", false, 10, 10_000, 1000, Map.of()).toJson());
        if (heard.poll(30, TimeUnit.SECONDS) != Kind.LOADED) throw new IOException("the sample could not be loaded");
        for (int request = 0; request < REQUESTS; request++) ask(listener.socket().getLocalPort(), FUNCTION_REQUESTS.get(request % FUNCTION_REQUESTS.size()));
      }
    }
  }

  private static void put(SynchronousQueue<Kind> heard, Kind kind) {
    try {
      heard.put(kind);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Path writeSample(Path folder) throws IOException {
    String path = SAMPLE.replace('.', '/') + ".class";
    Path file = folder.resolve("classes").resolve(path);
    Files.createDirectories(file.getParent());
    try (InputStream in = Training.class.getClassLoader().getResourceAsStream(path)) {
      Files.write(file, in.readAllBytes());
    }
    return folder;
  }

  private static void ask(int port, String request) throws IOException {
    try (Socket connection = new Socket("127.0.0.1", port)) {
      connection.setSoTimeout(10_000);
      connection.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      connection.shutdownOutput();
      if (connection.getInputStream().readAllBytes().length == 0) throw new IOException("no answer to " + Json.render(request));
    }
  }
}
