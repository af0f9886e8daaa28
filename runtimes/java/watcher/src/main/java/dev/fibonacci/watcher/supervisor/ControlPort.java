package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.http.OwnAnswer;
import dev.fibonacci.watcher.http.RequestBody;
import dev.fibonacci.watcher.http.RequestHead;
import dev.fibonacci.watcher.http.ResponseHead;
import dev.fibonacci.watcher.http.Wire;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The control port: a small HTTP/1.1 server for the control API (section 2). */
final class ControlPort {
  record Answer(int status, String contentType, byte[] body) {}

  /** Reads a body that is wanted, once. */
  interface Body {
    byte[] read(long limit) throws IOException;
  }

  /** @param beganNanos of {@link System#nanoTime} */
  record Request(RequestHead head, Body body, long beganNanos) {}

  /** May wait. Throws WatcherError. */
  interface Handler {
    Answer handle(Request request) throws IOException;
  }

  private static final int MAX_CONNECTIONS = 1024;
  private static final long IDLE_SECONDS = 75;
  private static final long HEAD_SECONDS = 10;
  private static final long BODY_SECONDS = 60;
  private static final long LINGER_SECONDS = 2;

  private final ServerSocketChannel listener;
  private final Handler handler;
  private final Log log;
  private final Set<Wire> open = ConcurrentHashMap.newKeySet();

  ControlPort(ServerSocketChannel listener, Handler handler, Log log) {
    this.listener = listener;
    this.handler = handler;
    this.log = log;
  }

  void start() {
    Thread.ofPlatform().daemon().name("control").start(this::accept);
  }

  void closeOverdue() {
    for (Wire wire : open) if (wire.isOverdue()) wire.close();
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel channel = listener.accept();
        if (open.size() < MAX_CONNECTIONS) Thread.ofVirtual().start(() -> serve(channel));
        else channel.close();
      } catch (ClosedChannelException closed) {
        return;
      } catch (IOException outOfDescriptors) {
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel channel) {
    try {
      Wire wire = new Wire(channel);
      open.add(wire);
      try {
        while (serveOne(wire));
      } finally {
        open.remove(wire);
        wire.close();
      }
    } catch (IOException gone) {
      // There is nobody to answer.
    }
  }

  /** One request; false once the connection has to end. */
  private boolean serveOne(Wire wire) throws IOException {
    RequestHead head = null;
    RequestBody body = null;
    Answer answer;
    try {
      head = wire.readHead(IDLE_SECONDS, HEAD_SECONDS);
      if (head == null) return false;
      body = new RequestBody(wire, head, Long.MAX_VALUE);
      answer = handle(wire, head, body);
    } catch (WatcherError error) {
      answer = new Answer(error.code().controlStatus(), "application/json", OwnAnswer.body(error, OwnAnswer.requestId(head)));
    }
    boolean keepAlive = body != null && body.isComplete() && head.keepAlive();
    List<Map.Entry<String, String>> fields = new ArrayList<>(3);
    fields.add(Map.entry("content-type", answer.contentType));
    fields.add(Map.entry("content-length", Integer.toString(answer.body.length)));
    if (!keepAlive) fields.add(Map.entry("connection", "close"));
    byte[] first = ResponseHead.render(answer.status, fields);
    wire.write(head != null && head.isHead() ? first : OwnAnswer.join(first, answer.body));
    if (!keepAlive) wire.finish(LINGER_SECONDS);
    return keepAlive;
  }

  private Answer handle(Wire wire, RequestHead head, RequestBody body) throws IOException {
    Body limited =
        limit -> {
          if (head.contentLength() > limit) throw new WatcherError(ErrorCode.BODY_TOO_LARGE, "The body is larger than " + limit + " bytes.");
          wire.limit(BODY_SECONDS);
          byte[] whole = body.readWhole(limit);
          wire.unlimited();
          return whole;
        };
    try {
      return handler.handle(new Request(head, limited, System.nanoTime()));
    } catch (WatcherError error) {
      throw error;
    } catch (RuntimeException defect) {
      log.error("control request failed", Map.of("path", head.path(), "error", defect.toString()));
      throw new WatcherError(ErrorCode.INTERNAL, "A defect in the watcher; its log tells more.");
    }
  }
}
