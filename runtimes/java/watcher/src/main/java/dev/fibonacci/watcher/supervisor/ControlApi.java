package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The control API: paths, methods, who may call them, what they answer (section 2). Called from many threads. */
final class ControlApi implements ControlPort.Handler {
  private static final long MAX_PUSH_BYTES = 64L * 1024 * 1024;
  private static final long MAX_DRAIN_BYTES = 4096;
  private static final long MAX_DRAIN_MS = 24L * 3600 * 1000;
  private static final Map<String, String> METHODS =
      Map.of("/_/health", "GET", "/_/ready", "GET", "/_/status", "GET", "/metrics", "GET", "/_/specialize", "POST", "/_/update", "POST", "/_/drain", "POST");

  private final Watcher watcher;
  private final Facts facts;
  private final Token token;

  ControlApi(Watcher watcher, Facts facts, Token token) {
    this.watcher = watcher;
    this.facts = facts;
    this.token = token;
  }

  @Override
  public ControlPort.Answer handle(ControlPort.Request request) throws IOException {
    String path = request.head().path();
    String method = METHODS.get(path);
    if (method == null) throw new WatcherError(ErrorCode.NOT_FOUND, "The control port has nothing at this path.");
    boolean fits = request.head().method().equals(method) || (request.head().isHead() && method.equals("GET"));
    if (!fits) throw new WatcherError(ErrorCode.METHOD_NOT_ALLOWED, path + " takes " + method + " only.");
    return switch (path) {
      case "/_/health" -> json(200, Map.of("status", "ok"));
      case "/_/ready" -> json(watcher.isAvailable() ? 200 : 503, Map.of("status", watcher.state()));
      case "/_/status" -> json(200, facts.status());
      case "/metrics" -> new ControlPort.Answer(200, "text/plain; version=0.0.4; charset=utf-8", facts.metrics().getBytes(StandardCharsets.UTF_8));
      case "/_/drain" -> drain(request);
      default -> push(request, path.equals("/_/update"));
    };
  }

  private ControlPort.Answer push(ControlPort.Request request, boolean isUpdate) throws IOException {
    Token.Claims claims = authorize(request, isUpdate ? "update" : "specialize");
    LoadDocument.Push push = LoadDocument.parse(read(request));
    if (!claims.sub().equals(push.document().function().uid())) throw Token.refused("claim `sub` does not fit the body");
    if (!claims.digest().equals(push.document().digest())) throw Token.refused("claim `digest` does not fit the body");
    watcher.acceptEpoch(claims.epoch());
    return json(200, watcher.push(isUpdate, push, request.beganNanos()));
  }

  private static byte[] read(ControlPort.Request request) throws IOException {
    try {
      return request.body().read(MAX_PUSH_BYTES);
    } catch (WatcherError error) {
      if (error.code() != ErrorCode.BODY_TOO_LARGE) throw error;
      throw new WatcherError(ErrorCode.PACKAGE_TOO_LARGE, "The body is larger than " + MAX_PUSH_BYTES + " bytes (64 MiB).");
    }
  }

  private ControlPort.Answer drain(ControlPort.Request request) throws IOException {
    Token.Claims claims = authorize(request, "drain");
    FunctionRef owner = watcher.owner();
    if (owner != null && !claims.sub().equals(owner.uid())) throw Token.refused("claim `sub` does not fit this instance’s function");
    byte[] body = request.body().read(MAX_DRAIN_BYTES);
    long timeoutMs = timeoutOf(body);
    watcher.acceptEpoch(claims.epoch());
    return json(200, Map.of("inFlight", watcher.drain(timeoutMs)));
  }

  private static long timeoutOf(byte[] body) {
    try {
      Object timeout = body.length == 0 ? Long.valueOf(0) : Json.parseObject(body, 0, body.length).getOrDefault("timeoutMs", 0L);
      if (timeout instanceof Long milliseconds && milliseconds >= 0 && milliseconds <= MAX_DRAIN_MS) return milliseconds;
    } catch (IllegalArgumentException error) {
      // Told below.
    }
    throw new WatcherError(ErrorCode.BAD_REQUEST, "The body is {\"timeoutMs\": N} with an integer from 0 to " + MAX_DRAIN_MS + ".");
  }

  /** Before the body is used. @throws WatcherError TOKEN_INVALID, STALE_EPOCH */
  private Token.Claims authorize(ControlPort.Request request, String act) {
    Token.Claims claims = token.verify(request.head().headers().get("authorization"), act, System.currentTimeMillis());
    watcher.checkEpoch(claims.epoch());
    return claims;
  }

  private static ControlPort.Answer json(int status, Map<String, ?> value) {
    return new ControlPort.Answer(status, "application/json", Json.render(value).getBytes(StandardCharsets.UTF_8));
  }
}
