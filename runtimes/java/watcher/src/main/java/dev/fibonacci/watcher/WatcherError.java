package dev.fibonacci.watcher;

import java.util.LinkedHashMap;
import java.util.Map;

/** A code of the table and a message with the value and the way out. */
public final class WatcherError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final transient Map<String, Object> details;

  public WatcherError(ErrorCode code, String message) {
    this(code, message, Map.of());
  }

  /** {@code details} are further fields of the answer's body. */
  public WatcherError(ErrorCode code, String message, Map<String, Object> details) {
    super(message, null, false, false);
    this.code = code;
    this.details = Map.copyOf(details);
  }

  public ErrorCode code() {
    return code;
  }

  public Map<String, Object> details() {
    return details;
  }

  /** The form of {@code lastError} (W2.3). */
  public Map<String, Object> summary() {
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("code", code.name());
    summary.put("message", getMessage());
    summary.putAll(details);
    return summary;
  }

  public static WatcherError timeout(long milliseconds) {
    return new WatcherError(ErrorCode.FUNCTION_TIMEOUT, "The function did not answer within " + milliseconds + " ms; make it faster, or raise `timeout`.");
  }
}
