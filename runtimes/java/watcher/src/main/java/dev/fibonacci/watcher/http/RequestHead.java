package dev.fibonacci.watcher.http;

import java.util.List;
import java.util.Map;

/**
 * One parsed request head.
 *
 * @param minor of HTTP/1.x
 * @param fields names (lower-case) and values as they came
 * @param headers a lower-case name to its value, repetitions joined by {@code ", "}, cookies by {@code "; "}
 * @param contentLength 0 if there is none
 */
public record RequestHead(
    String method, String target, int minor, List<Map.Entry<String, String>> fields, Map<String, String> headers, long contentLength, boolean chunked, boolean keepAlive) {

  public boolean hasBody() {
    return chunked || contentLength > 0;
  }

  public boolean isHead() {
    return method.equals("HEAD");
  }

  public boolean expectsContinue() {
    return minor == 1 && "100-continue".equalsIgnoreCase(headers.get("expect"));
  }

  /** Path and query, also of an absolute target. */
  public String originForm() {
    if (target.startsWith("/")) return target;
    int scheme = target.indexOf("://");
    if (scheme < 0) return target;
    int slash = target.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : target.substring(slash);
  }

  /** Without the query. */
  public String path() {
    String form = originForm();
    int mark = form.indexOf('?');
    return mark < 0 ? form : form.substring(0, mark);
  }

  /** Behind the question mark; null if there is none. */
  public String query() {
    int mark = target.indexOf('?');
    return mark < 0 ? null : target.substring(mark + 1);
  }
}
