package dev.fibonacci.watcher.executor;

import com.google.gson.Gson;
import dev.fibonacci.function.CloudEvent;
import dev.fibonacci.function.Response;
import dev.fibonacci.watcher.http.HeadParser;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.BaseStream;

/** A handler's result as an answer (W6.4, W6.5). */
final class Results {
  /**
   * What goes to the client.
   *
   * @param bytes null where pieces are streamed
   */
  record Answer(int status, List<Map.Entry<String, String>> fields, byte[] bytes, Pieces pieces) {}

  private record Body(String contentType, byte[] bytes, Pieces pieces) {}

  private static final byte[] NOTHING = {};
  private static final List<String> EVENT_NAMES = List.of("specversion", "id", "source", "type");

  private final Gson gson;

  Results(Gson gson) {
    this.gson = gson;
  }

  /** @throws BadResponse for what cannot be sent */
  Answer toAnswer(Object result) {
    return switch (result) {
      case Response response -> withStatus(response.statusCode(), response.headers(), response.body());
      case CloudEvent event -> cloudEvent(attributesOf(event), event.data());
      case Map<?, ?> map when map.containsKey("statusCode") -> withStatus(map.get("statusCode"), map.get("headers"), map.get("body"));
      case Map<?, ?> map when EVENT_NAMES.stream().allMatch(name -> map.get(name) instanceof String) -> cloudEvent(map, map.get("data"));
      case null, default -> plain(result);
    };
  }

  private Answer plain(Object result) {
    Body body = toBody(result);
    List<Map.Entry<String, String>> fields = new ArrayList<>(4);
    if (body.contentType != null) fields.add(Map.entry("content-type", body.contentType));
    return new Answer(isNothing(result) ? 204 : 200, fields, body.bytes, body.pieces);
  }

  private static boolean isNothing(Object result) {
    return result == null || (result instanceof Optional<?> optional && optional.isEmpty());
  }

  private Answer withStatus(Object status, Object headers, Object value) {
    if (!(status instanceof Number number) || number.doubleValue() != number.intValue() || number.intValue() < 200 || number.intValue() > 599) {
      throw new BadResponse("statusCode must be an integer from 200 to 599, and is " + shown(status) + ".");
    }
    List<Map.Entry<String, String>> fields = toFields(headers);
    Body body = toBody(value);
    if (body.contentType != null && fields.stream().noneMatch(field -> field.getKey().equals("content-type"))) fields.add(Map.entry("content-type", body.contentType));
    return new Answer(number.intValue(), fields, body.bytes, body.pieces);
  }

  private Body toBody(Object value) {
    return switch (value) {
      case null -> new Body(null, NOTHING, null);
      case Optional<?> optional -> toBody(optional.orElse(null));
      case CharSequence text -> new Body("text/plain; charset=utf-8", text.toString().getBytes(StandardCharsets.UTF_8), null);
      case byte[] bytes -> new Body("application/octet-stream", bytes, null);
      case InputStream in -> new Body(null, null, Pieces.of(in));
      case Iterator<?> iterator -> new Body(null, null, Pieces.of(iterator, null));
      case BaseStream<?, ?> stream -> new Body(null, null, Pieces.of(stream.iterator(), stream));
      case Iterable<?> iterable when !(iterable instanceof Collection) && !(iterable instanceof Path) -> new Body(null, null, Pieces.of(iterable.iterator(), null));
      default -> new Body("application/json", toJson(value).getBytes(StandardCharsets.UTF_8), null);
    };
  }

  private String toJson(Object value) {
    Class<?> type = value.getClass();
    // Of these the library makes `null` or `{}`.
    if (type == Object.class || type.isHidden() || type.isSynthetic() || type.isAnonymousClass() || type.isLocalClass() && !type.isRecord()) {
      throw new BadResponse("a " + (type.isHidden() || type.isSynthetic() ? "function" : type.getSimpleName()) + " is no JSON.");
    }
    try {
      return gson.toJson(value);
    } catch (StackOverflowError circular) {
      throw new BadResponse("it is circular, or nested too deeply.");
    } catch (RuntimeException error) {
      throw new BadResponse(Failure.describe(error));
    }
  }

  private static List<Map.Entry<String, String>> toFields(Object headers) {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    if (headers == null) return fields;
    if (!(headers instanceof Map<?, ?> map)) throw new BadResponse("headers must be a map, and are " + shown(headers) + ".");
    map.forEach((name, value) -> {
      for (Object one : value instanceof Collection<?> several ? several : value == null ? List.of() : List.of(value)) fields.add(field(name, one));
    });
    return fields;
  }

  static Map.Entry<String, String> field(Object name, Object value) {
    boolean isText = value instanceof CharSequence || value instanceof Number;
    if (!(name instanceof String text) || !isText || !HeadParser.isValidField(text, value.toString())) {
      throw new BadResponse("the header " + shown(name) + " must be a string without control characters, a number, or a list of them.");
    }
    return Map.entry(text.toLowerCase(Locale.ROOT), value.toString());
  }

  private static Map<String, Object> attributesOf(CloudEvent event) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("specversion", "1.0");
    attributes.put("id", event.id());
    attributes.put("source", event.source());
    attributes.put("type", event.type());
    attributes.put("subject", event.subject());
    attributes.put("datacontenttype", event.dataContentType());
    attributes.putAll(event.extensions());
    return attributes;
  }

  /** Binary mode: attributes are {@code ce-} headers, the data is the body. */
  private Answer cloudEvent(Map<?, ?> attributes, Object data) {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    attributes.forEach((name, value) -> {
      if (value == null || name.equals("data") || name.equals("datacontenttype")) return;
      if (!(name instanceof String text) || !text.matches("[a-z0-9]{1,64}")) throw new BadResponse(shown(name) + " is no CloudEvents attribute.");
      if (!(value instanceof CharSequence || value instanceof Number || value instanceof Boolean)) throw new BadResponse("the CloudEvents attribute " + text + " must be a string, a number or a boolean.");
      fields.add(Map.entry("ce-" + text, encoded(value.toString())));
    });
    Object declared = attributes.get("datacontenttype");
    boolean isJsonText = declared instanceof String type && data instanceof String && Bodies.isJson(Bodies.mediaType(type));
    Body body = isJsonText ? new Body(null, toJson(data).getBytes(StandardCharsets.UTF_8), null) : toBody(data);
    Object contentType = declared == null ? body.contentType : declared;
    if (contentType != null) fields.add(field("content-type", contentType));
    return new Answer(data == null ? 204 : 200, fields, body.bytes, body.pieces);
  }

  /** A value as a header: percent-encoded as the CloudEvents HTTP binding says. */
  private static String encoded(String value) {
    StringBuilder text = new StringBuilder();
    for (byte each : value.getBytes(StandardCharsets.UTF_8)) {
      if (each > ' ' && each < 127 && each != '"' && each != '%') text.append((char) each);
      else text.append(String.format("%%%02X", each));
    }
    return text.toString();
  }

  private static String shown(Object value) {
    String text = String.valueOf(value);
    return "\"" + (text.length() > 64 ? text.substring(0, 64) : text) + "\"";
  }
}
