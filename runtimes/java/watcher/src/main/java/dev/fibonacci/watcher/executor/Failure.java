package dev.fibonacci.watcher.executor;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What to say of an exception of user code: to the caller one line, to the log the stack, on loading the place in its sources. */
final class Failure {
  private static final int MAX_STACK = 16 * 1024;
  private static final int MAX_MESSAGE = 1024;

  private Failure() {}

  /** {@code <name>: <first line of the message>} (W6.6). */
  static String describe(Throwable thrown) {
    String name = thrown.getClass().getSimpleName();
    String message;
    try {
      message = thrown.getMessage();
    } catch (RuntimeException | Error ofUserCode) {
      message = null;
    }
    if (message == null || message.isEmpty()) return name;
    String text = name + ": " + message.lines().findFirst().orElse("");
    return text.length() > MAX_MESSAGE ? text.substring(0, MAX_MESSAGE) : text;
  }

  static String stackOf(Throwable thrown) {
    try {
      StringWriter text = new StringWriter();
      thrown.printStackTrace(new PrintWriter(text));
      String stack = text.toString();
      return stack.length() > MAX_STACK ? stack.substring(0, MAX_STACK) : stack;
    } catch (RuntimeException | Error ofUserCode) {
      return thrown.getClass().getName();
    }
  }

  /** Without what only carries it. */
  static Throwable unwrap(Throwable thrown) {
    boolean carrier = thrown instanceof InvocationTargetException || thrown instanceof ExecutionException || thrown instanceof CompletionException || thrown instanceof ExceptionInInitializerError || thrown instanceof LoadingThrew;
    return carrier && thrown.getCause() != null ? unwrap(thrown.getCause()) : thrown;
  }

  /** {@code file} (its package's folders before its name) and {@code line} of the innermost frame in the function's code; empty if there is none. */
  static Map<String, Object> placeOf(Throwable thrown, RevisionLoader loader) {
    for (StackTraceElement frame : thrown.getStackTrace()) {
      if (frame.getFileName() == null || frame.getLineNumber() <= 0 || !loader.defines(frame.getClassName())) continue;
      int dot = frame.getClassName().lastIndexOf('.');
      String folder = dot < 0 ? "" : frame.getClassName().substring(0, dot).replace('.', '/');
      return Map.of("file", Path.of(folder, frame.getFileName()).toString(), "line", frame.getLineNumber());
    }
    return Map.of();
  }
}
