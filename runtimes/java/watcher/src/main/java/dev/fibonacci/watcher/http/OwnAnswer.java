package dev.fibonacci.watcher.http;

import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Answers that the watcher itself makes on the data port (W5.1 to W5.3). */
public final class OwnAnswer {
  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private OwnAnswer() {}

  /** The caller's {@code x-request-id} if it is well-formed, else a new one. */
  public static String requestId(RequestHead head) {
    String given = head == null ? null : head.headers().get("x-request-id");
    if (given != null && REQUEST_ID.matcher(given).matches()) return given;
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Milliseconds of {@code fibonacci-timeout-ms} if they are fewer; anything but an integer from 1 is ignored (W5.4). */
  public static long timeoutMs(RequestHead head, long most) {
    String text = head.headers().get("fibonacci-timeout-ms");
    if (text == null || text.isEmpty() || text.length() > 12 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) return most;
    long given = Long.parseLong(text);
    return given >= 1 ? Math.min(given, most) : most;
  }

  /** A whole response: status, {@code fibonacci-error}, the marker if user code saw nothing, and the error as JSON. */
  public static byte[] render(WatcherError error, String requestId, boolean close, boolean headOnly) {
    byte[] body = body(error, requestId);
    List<Map.Entry<String, String>> fields = new ArrayList<>(6);
    fields.add(Map.entry("content-type", "application/json"));
    fields.add(Map.entry("content-length", Integer.toString(body.length)));
    fields.add(Map.entry("fibonacci-error", error.code().name()));
    fields.add(Map.entry("x-request-id", requestId));
    if (error.code().isRefusal()) fields.add(Map.entry("fibonacci-not-started", "1"));
    if (close) fields.add(Map.entry("connection", "close"));
    byte[] head = ResponseHead.render(error.code().status(), fields);
    return headOnly ? head : join(head, body);
  }

  /** {@code { code, message, requestId }} and the error's details. */
  public static byte[] body(WatcherError error, String requestId) {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("code", error.code().name());
    value.put("message", error.getMessage());
    value.put("requestId", requestId);
    value.putAll(error.details());
    return Json.render(value).getBytes(StandardCharsets.UTF_8);
  }

  public static byte[] join(byte[] first, byte[] second) {
    byte[] both = new byte[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
