package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.LogLine;
import dev.fibonacci.watcher.link.Link;
import java.util.LinkedHashMap;
import java.util.Map;

/** Log lines of an executor, on their way to the supervisor, which prints them. It always reads: a flood slows down user code and nothing else. */
final class Journal {
  private final Link link;
  private volatile String function;

  Journal(Link link) {
    this.link = link;
  }

  void belongTo(String name) {
    function = name;
  }

  void write(String level, String message, Map<String, ?> fields) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("function", function);
    all.putAll(fields);
    link.send(Link.Kind.LOG, LogLine.render(level, message, all));
  }

  /** A line that user code printed (W8.1); {@code requestId} is null where it cannot be told. */
  void output(String level, String requestId, String line, boolean truncated) {
    link.send(Link.Kind.LOG, LogLine.output(level, function, requestId, line, truncated));
  }

  /** A failed or timed-out invocation (W8.2). */
  void failure(String code, Exchange exchange, Map<String, ?> more) {
    Map<String, Object> fields = LogLine.failure(function, code, exchange.requestId, exchange.elapsedNanos() / 1e6);
    if (more != null) fields.putAll(more);
    link.send(Link.Kind.LOG, LogLine.render("error", "invocation failed", fields));
  }
}
