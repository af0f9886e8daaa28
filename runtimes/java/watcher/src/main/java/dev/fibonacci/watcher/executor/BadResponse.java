package dev.fibonacci.watcher.executor;

/** User code gave an answer that cannot be sent (W6.5). */
final class BadResponse extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BadResponse(String problem) {
    super("The function’s result cannot be sent: " + problem, null, false, false);
  }
}
