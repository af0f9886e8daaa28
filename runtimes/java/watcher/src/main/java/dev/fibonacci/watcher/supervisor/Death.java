package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.link.Page;
import dev.fibonacci.watcher.link.Totals;
import java.util.List;

/**
 * How an executor ended.
 *
 * @param code why the supervisor killed it, or that its memory was used up; null if it ended by itself
 * @param open what it had under way
 */
record Death(ErrorCode code, int exitCode, double cpuSeconds, Totals totals, List<Page.Open> open) {
  /** It had done, or was doing, some work. */
  boolean served() {
    return totals.invocations() > 0 || !open.isEmpty();
  }
}
