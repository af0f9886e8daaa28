package dev.fibonacci.function;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer with status and headers.
 *
 * @param statusCode 200 to 599
 * @param headers a string, a number, or a list of them by name; a {@code content-type} among them wins over that of the body's kind
 * @param body as a handler's result: null, a string, bytes, a stream, or JSON
 */
public record Response(int statusCode, Map<String, ?> headers, Object body) {
  public Response {
    headers = headers == null ? Map.of() : Map.copyOf(headers);
  }

  public static Response of(int statusCode, Object body) {
    return new Response(statusCode, Map.of(), body);
  }

  /** The same with one header more. */
  public Response withHeader(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Response(statusCode, more, body);
  }
}
