package dev.fibonacci.watcher.executor;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import dev.fibonacci.function.CloudEvent;
import dev.fibonacci.function.Event;
import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.http.RequestHead;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What a handler's parameter is given: the event itself, or the body (a CloudEvent's data) as the parameter's type. */
final class EventArgument {
  private static final Set<String> KNOWN = Set.of("specversion", "id", "source", "type", "subject", "datacontenttype", "data");

  private final Type type;
  private final Class<?> raw;
  private final Gson gson;

  /** {@code type} is null for a handler that takes none. */
  EventArgument(Type type, Gson gson) {
    this.type = type;
    this.raw = type instanceof Class<?> plain ? plain : type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : Object.class;
    this.gson = gson;
  }

  /** @throws WatcherError BAD_JSON, BAD_CLOUDEVENT, BAD_REQUEST */
  Object of(RequestHead head, byte[] body, String requestId) {
    Map<String, Object> event = Events.toEvent(head, body, requestId);
    if (type == null) return null;
    if (raw == Object.class || raw == Map.class) return event;
    if (raw == Event.class) return new Event(event);
    if (raw == CloudEvent.class) return cloudEvent(head, event);
    return decode(Events.isCloudEvent(head) ? event.get("data") : event.get("body"), body);
  }

  private Object decode(Object value, byte[] body) {
    if (raw == byte[].class && !(value instanceof byte[])) return value == null ? null : body;
    if (raw.isInstance(value) && type == raw) return value;
    if (raw == String.class) return value == null ? null : new String(body, StandardCharsets.UTF_8);
    if (value instanceof byte[]) throw misfit("its content type must be JSON");
    JsonReader reader = gson.newJsonReader(new StringReader(Json.render(value)));
    try {
      return gson.getAdapter(TypeToken.get(type)).read(reader);
    } catch (IOException | JsonParseException | DateTimeException | IllegalStateException | NumberFormatException error) {
      throw misfit(reader.getPath() + " does not fit: " + error.getMessage());
    }
  }

  private static CloudEvent cloudEvent(RequestHead head, Map<String, Object> event) {
    if (!Events.isCloudEvent(head)) throw new WatcherError(ErrorCode.BAD_CLOUDEVENT, "The function takes CloudEvents, and the request is none: send ce-specversion, ce-id, ce-source and ce-type.");
    Map<String, Object> extensions = new LinkedHashMap<>();
    event.forEach((name, value) -> {
      if (!KNOWN.contains(name) && value != null) extensions.put(name, value);
    });
    return new CloudEvent(text(event, "id"), text(event, "source"), text(event, "type"), text(event, "subject"), text(event, "datacontenttype"), extensions, event.get("data"));
  }

  private static String text(Map<String, Object> event, String name) {
    return event.get(name) instanceof String text ? text : null;
  }

  private WatcherError misfit(String problem) {
    return new WatcherError(ErrorCode.BAD_REQUEST, "The body is no " + raw.getSimpleName() + ": " + problem);
  }
}
