package dev.fibonacci.function;

import java.util.List;
import java.util.Map;

/**
 * A request, or a CloudEvent, as a handler of signature {@code event} gets it.
 *
 * @param asMap {@code type}, {@code id}, {@code method}, {@code path}, {@code query}, {@code headers} and {@code body} of a request (type {@code http}); the attributes and {@code data} of a CloudEvent
 */
public record Event(Map<String, Object> asMap) {
  /** {@code http}, or the CloudEvent's type. */
  public String type() {
    return text("type");
  }

  public String id() {
    return text("id");
  }

  /** Null for a CloudEvent. */
  public String method() {
    return text("method");
  }

  /** Without the query, percent-encoded as received. Null for a CloudEvent. */
  public String path() {
    return text("path");
  }

  /** The first value of a name in the query; null if it is not there. */
  public String query(String name) {
    Object value = map("query").get(name);
    return (String) (value instanceof List<?> values ? values.getFirst() : value);
  }

  /** A header by its lower-case name, repetitions joined; null if it is not there. */
  public String header(String name) {
    return (String) map("headers").get(name);
  }

  /** The body, or the CloudEvent's data: JSON as maps, lists, strings, numbers and booleans; a string; bytes; or null. */
  public Object body() {
    return asMap.containsKey("body") ? asMap.get("body") : asMap.get("data");
  }

  private String text(String name) {
    return asMap.get(name) instanceof String text ? text : null;
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> map(String name) {
    return asMap.get(name) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }
}
