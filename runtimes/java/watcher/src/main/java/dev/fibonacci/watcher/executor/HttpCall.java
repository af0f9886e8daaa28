package dev.fibonacci.watcher.executor;

import com.google.cloud.functions.HttpRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A request as Functions Framework gives it. The body streams. */
final class HttpCall implements HttpRequest {
  private final Exchange exchange;
  private BufferedReader reader;
  private Map<String, HttpPart> parts;

  HttpCall(Exchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public String getMethod() {
    return exchange.head.method();
  }

  @Override
  public String getUri() {
    String scheme = "https".equals(exchange.head.headers().get("x-forwarded-proto")) ? "https" : "http";
    return scheme + "://" + exchange.head.headers().getOrDefault("host", "localhost") + exchange.head.originForm();
  }

  @Override
  public String getPath() {
    return exchange.head.path();
  }

  @Override
  public Optional<String> getQuery() {
    return Optional.ofNullable(exchange.head.query());
  }

  @Override
  public Map<String, List<String>> getQueryParameters() {
    return Events.queryPairs(exchange.head.query());
  }

  @Override
  public Map<String, HttpPart> getParts() {
    String contentType = getContentType().orElse("");
    if (!Bodies.mediaType(contentType).equals("multipart/form-data")) throw new IllegalStateException("The request's content type must be multipart/form-data, and is " + contentType);
    try {
      if (parts == null) parts = Multipart.parse(contentType, exchange.body.readWhole());
      return parts;
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public Optional<String> getContentType() {
    return Optional.ofNullable(exchange.head.headers().get("content-type"));
  }

  @Override
  public long getContentLength() {
    return exchange.head.headers().containsKey("content-length") ? exchange.head.contentLength() : -1;
  }

  @Override
  public Optional<String> getCharacterEncoding() {
    return getContentType().filter(type -> type.toLowerCase(Locale.ROOT).contains("charset=")).map(type -> Bodies.charset(type).name());
  }

  @Override
  public InputStream getInputStream() {
    if (reader != null) throw new IllegalStateException("getReader() has been called");
    return exchange.body;
  }

  @Override
  public BufferedReader getReader() {
    if (reader == null) reader = new BufferedReader(new InputStreamReader(exchange.body, Bodies.charset(getContentType().orElse(null))));
    return reader;
  }

  /** By names in any case. */
  @Override
  public Map<String, List<String>> getHeaders() {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Map.Entry<String, String> field : exchange.head.fields()) headers.computeIfAbsent(field.getKey(), name -> new ArrayList<>(1)).add(field.getValue());
    return headers;
  }
}
