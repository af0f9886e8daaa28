package dev.fibonacci.watcher;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** Log lines (W1.3): one JSON object each. */
public final class LogLine {
  private LogLine() {}

  /** The line with its line feed. {@code fields} cannot replace time, level and msg. */
  public static byte[] render(String level, String message, Map<String, ?> fields) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    line.put("level", level);
    line.put("msg", message);
    for (Map.Entry<String, ?> field : fields.entrySet()) if (field.getValue() != null) line.putIfAbsent(field.getKey(), field.getValue());
    return (Json.render(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Of the line that each failed, timed-out or crashed invocation gets (W8.2). */
  public static Map<String, Object> failure(String function, String code, String requestId, double milliseconds) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("function", function);
    fields.put("code", code);
    fields.put("requestId", requestId);
    fields.put("durationMs", Math.round(milliseconds * 10) / 10.0);
    return fields;
  }

  /** Of a line that user code printed (W8.1). */
  public static byte[] output(String level, String function, String requestId, String line, boolean truncated) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (function != null) fields.put("function", function);
    if (requestId != null) fields.put("requestId", requestId);
    fields.put("line", line);
    if (truncated) fields.put("truncated", true);
    return render(level, "function output", fields);
  }
}
