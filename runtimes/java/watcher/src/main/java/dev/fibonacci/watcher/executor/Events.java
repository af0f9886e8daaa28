package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A request as the event that a handler gets (W6.1 to W6.3). */
final class Events {
  private static final String STRUCTURED = "application/cloudevents+json";
  private static final String BATCH = "application/cloudevents-batch";
  private static final Pattern ATTRIBUTE = Pattern.compile("ce-[a-z0-9]+");
  private static final List<String> REQUIRED = List.of("specversion", "id", "source", "type");

  private Events() {}

  static boolean isCloudEvent(RequestHead head) {
    return isStructured(head) || head.headers().containsKey("ce-specversion");
  }

  /** @throws WatcherError BAD_JSON, BAD_CLOUDEVENT */
  static Map<String, Object> toEvent(RequestHead head, byte[] body, String requestId) {
    if (Bodies.mediaType(head.headers().get("content-type")).startsWith(BATCH)) throw refused("a batch cannot be taken; send each event by itself");
    if (isStructured(head)) return structured(body);
    String contentType = head.headers().get("content-type");
    if (isCloudEvent(head)) return binary(head, contentType, body);
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("type", "http");
    event.put("id", requestId);
    event.put("method", head.method());
    event.put("path", head.path());
    event.put("query", parseQuery(head.query()));
    event.put("headers", head.headers());
    event.put("body", Bodies.convert(contentType, body));
    return event;
  }

  /** A name that comes once maps to a string, else to a list. */
  static Map<String, Object> parseQuery(String query) {
    Map<String, Object> parsed = new LinkedHashMap<>();
    queryPairs(query).forEach((name, values) -> parsed.put(name, values.size() == 1 ? values.getFirst() : values));
    return parsed;
  }

  static Map<String, List<String>> queryPairs(String query) {
    Map<String, List<String>> pairs = new LinkedHashMap<>();
    if (query == null || query.isEmpty()) return pairs;
    for (String pair : query.split("&")) {
      if (pair.isEmpty()) continue;
      int equals = pair.indexOf('=');
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      pairs.computeIfAbsent(name, key -> new ArrayList<>(1)).add(equals < 0 ? "" : decode(pair.substring(equals + 1)));
    }
    return pairs;
  }

  private static boolean isStructured(RequestHead head) {
    return Bodies.mediaType(head.headers().get("content-type")).equals(STRUCTURED);
  }

  private static Map<String, Object> binary(RequestHead head, String contentType, byte[] body) {
    Map<String, Object> event = new LinkedHashMap<>();
    head.headers().forEach((name, value) -> {
      if (ATTRIBUTE.matcher(name).matches()) event.put(name.substring(3), attribute(name.substring(3), value));
    });
    event.remove("datacontenttype");
    if (contentType != null) event.put("datacontenttype", contentType);
    event.put("data", Bodies.convert(contentType, body));
    return checked(event);
  }

  /** A header's value without quotes, percent-decoded once (CloudEvents HTTP binding, 3.1.3.2). */
  private static String attribute(String name, String value) {
    boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
    String text = quoted ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1") : value;
    byte[] bytes = decode(text.getBytes(StandardCharsets.ISO_8859_1), false);
    try {
      return Json.utf8(bytes, 0, bytes.length);
    } catch (IllegalArgumentException error) {
      throw refused("the attribute " + name + " is not UTF-8");
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> structured(byte[] body) {
    if (!(Bodies.parseJson(body) instanceof Map<?, ?> map)) throw refused("a structured one is a JSON object");
    Map<String, Object> event = (Map<String, Object>) map;
    if (event.containsKey("data_base64") && event.containsKey("data")) throw refused("it has both `data` and `data_base64`");
    if (event.containsKey("data_base64")) event.put("data", base64(event.remove("data_base64")));
    event.putIfAbsent("data", null);
    return checked(event);
  }

  private static byte[] base64(Object value) {
    try {
      if (value instanceof String text) return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException error) {
      // Answered below, with what is no text.
    }
    throw refused("`data_base64` is not base64");
  }

  private static Map<String, Object> checked(Map<String, Object> event) {
    List<String> missing = REQUIRED.stream().filter(name -> !(event.get(name) instanceof String text) || text.isEmpty()).toList();
    if (!missing.isEmpty()) throw refused("it lacks " + String.join(", ", missing));
    if (!event.get("specversion").equals("1.0")) throw refused("specversion must be 1.0");
    return event;
  }

  private static String decode(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) return text;
    return new String(decode(text.getBytes(StandardCharsets.UTF_8), true), StandardCharsets.UTF_8);
  }

  /** Percent-decoding that leaves alone what is malformed. */
  private static byte[] decode(byte[] raw, boolean plusIsSpace) {
    byte[] decoded = new byte[raw.length];
    int length = 0;
    for (int i = 0; i < raw.length; i++) {
      int high = raw[i] == '%' && i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(raw[i + 2], 16);
      if (low >= 0) {
        decoded[length++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        decoded[length++] = plusIsSpace && raw[i] == '+' ? (byte) ' ' : raw[i];
      }
    }
    return Arrays.copyOf(decoded, length);
  }

  private static WatcherError refused(String problem) {
    return new WatcherError(ErrorCode.BAD_CLOUDEVENT, "The CloudEvent is refused: " + problem + ".");
  }
}
