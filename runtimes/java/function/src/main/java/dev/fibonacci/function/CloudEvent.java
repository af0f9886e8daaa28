package dev.fibonacci.function;

import java.util.Map;
import java.util.Objects;

/**
 * A CloudEvent 1.0. As a result it goes out in binary mode.
 *
 * @param subject null if absent
 * @param dataContentType null if absent
 * @param extensions further attributes: strings, numbers and booleans by lower-case name
 * @param data JSON values, a string, bytes, or null
 */
public record CloudEvent(String id, String source, String type, String subject, String dataContentType, Map<String, Object> extensions, Object data) {
  public CloudEvent {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(type, "type");
    extensions = extensions == null ? Map.of() : Map.copyOf(extensions);
  }

  public CloudEvent(String id, String source, String type, Object data) {
    this(id, source, type, null, null, Map.of(), data);
  }
}
