package dev.fibonacci.function;

import java.util.Map;

/** Writes lines with the request's id. */
public interface Log {
  void debug(String message, Map<String, ?> fields);

  void info(String message, Map<String, ?> fields);

  void warn(String message, Map<String, ?> fields);

  void error(String message, Map<String, ?> fields);

  default void debug(String message) {
    debug(message, Map.of());
  }

  default void info(String message) {
    info(message, Map.of());
  }

  default void warn(String message) {
    warn(message, Map.of());
  }

  default void error(String message) {
    error(message, Map.of());
  }
}
