package dev.fibonacci.watcher.executor;

import dev.fibonacci.function.Context;
import dev.fibonacci.function.Log;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.link.Order;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The context of one invocation (W6.7). */
final class InvocationContext implements Context, Log {
  private static final int MAX_MESSAGE = 8192;
  private static final int MAX_FIELDS = 64 * 1024;

  private final Exchange exchange;
  private final Order order;
  private final Journal journal;

  InvocationContext(Exchange exchange, Order order, Journal journal) {
    this.exchange = exchange;
    this.order = order;
    this.journal = journal;
  }

  @Override
  public String requestId() {
    return exchange.requestId;
  }

  @Override
  public String namespace() {
    return order.namespace();
  }

  @Override
  public String functionName() {
    return order.name();
  }

  @Override
  public String content() {
    return order.content();
  }

  @Override
  public Instant deadline() {
    return Instant.ofEpochMilli(exchange.arrivedMs + exchange.timeoutMs());
  }

  @Override
  public long remainingMs() {
    return Math.max(0, (exchange.deadlineNanos() - System.nanoTime()) / 1_000_000);
  }

  @Override
  public Log log() {
    return this;
  }

  @Override
  public boolean isCancelled() {
    return exchange.isCancelled();
  }

  @Override
  public void onCancelled(Runnable action) {
    exchange.onCancelled(action);
  }

  @Override
  public Optional<String> traceparent() {
    return Optional.ofNullable(exchange.head.headers().get("traceparent"));
  }

  @Override
  public void debug(String message, Map<String, ?> fields) {
    log("debug", message, fields);
  }

  @Override
  public void info(String message, Map<String, ?> fields) {
    log("info", message, fields);
  }

  @Override
  public void warn(String message, Map<String, ?> fields) {
    log("warn", message, fields);
  }

  @Override
  public void error(String message, Map<String, ?> fields) {
    log("error", message, fields);
  }

  private void log(String level, String message, Map<String, ?> fields) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("requestId", exchange.requestId);
    if (fields != null && !fields.isEmpty()) line.put("fields", bounded(fields));
    String text = String.valueOf(message);
    journal.write(level, text.length() > MAX_MESSAGE ? text.substring(0, MAX_MESSAGE) : text, line);
  }

  /** Fields that user code gave, as what JSON can say, and no longer than a line may be. */
  private static Object bounded(Map<String, ?> fields) {
    try {
      String text = Json.render(fields);
      return text.length() > MAX_FIELDS ? Map.of("truncated", text.substring(0, MAX_FIELDS)) : Json.parse(text);
    } catch (RuntimeException | StackOverflowError error) {
      return Map.of("unreadable", String.valueOf(error.getMessage()));
    }
  }
}
