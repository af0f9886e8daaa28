package dev.fibonacci.watcher.supervisor;

/** How long to wait before the next attempt to start an executor (W5.8). */
final class Backoff {
  private static final long FIRST_MS = 250;
  private static final long MOST_MS = 10_000;

  private Backoff() {}

  /** {@code failures} is how many attempts in a row came to nothing. */
  static long milliseconds(int failures) {
    return failures == 0 ? 0 : Math.min(MOST_MS, FIRST_MS << Math.min(failures - 1, 10));
  }
}
