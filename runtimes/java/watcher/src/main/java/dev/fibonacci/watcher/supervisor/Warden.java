package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import java.util.OptionalLong;

/** Looks at every executor, over and over: memory (W5.9) and heartbeat (W9.3). */
final class Warden {
  private static final long INTERVAL_MS = 100;
  /** A heartbeat comes every 100 ms; on a busy machine it may be late. */
  private static final long SLACK_MS = 1000;

  private static final int CPU_EVERY = 10;

  private final Stock stock;
  private final Watcher watcher;
  private final OptionalLong memoryLimitBytes;
  private int rounds;

  Warden(Stock stock, Watcher watcher, OptionalLong memoryLimitBytes) {
    this.stock = stock;
    this.watcher = watcher;
    this.memoryLimitBytes = memoryLimitBytes;
  }

  void start(Loop loop) {
    loop.every(INTERVAL_MS, this::look);
  }

  private void look() {
    rounds++;
    Serving serving = watcher.serving();
    long timeoutMs = serving == null ? Long.MAX_VALUE / 2 : serving.document().timeoutMs();
    for (ExecutorProcess executor : stock.living()) {
      executor.observe();
      // What it used is lost with its process.
      if (rounds % CPU_EVERY == 0) executor.cpuSeconds();
      ErrorCode code = decide(memoryLimitBytes.isPresent() ? executor.memoryBytes() : 0, executor.isLoaded() ? executor.heartbeatAgeMs() : 0, memoryLimitBytes, timeoutMs);
      if (code != null) executor.kill(code);
    }
  }

  /** The code to kill an executor with, null to leave it alone. */
  static ErrorCode decide(long memoryBytes, long heartbeatAgeMs, OptionalLong memoryLimitBytes, long timeoutMs) {
    if (memoryLimitBytes.isPresent() && memoryBytes > memoryLimitBytes.getAsLong()) return ErrorCode.MEMORY_LIMIT;
    return heartbeatAgeMs > timeoutMs + SLACK_MS ? ErrorCode.FUNCTION_TIMEOUT : null;
  }
}
