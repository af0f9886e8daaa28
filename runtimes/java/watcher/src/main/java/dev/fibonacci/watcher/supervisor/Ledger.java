package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.LogLine;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.link.Page;
import dev.fibonacci.watcher.link.Totals;
import dev.fibonacci.watcher.link.Totals.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;

/** What this watcher has counted: figures of executors that are gone, refusals of the supervisor, restarts, the last error. For the loop's thread alone. */
final class Ledger {
  private final Log log;
  private final Totals past = new Totals();
  private double pastCpuSeconds;
  private int restarts;
  private Map<String, Object> lastError;

  Ledger(Log log) {
    this.log = log;
  }

  void refused() {
    past.refused();
  }

  /** Takes over a dead executor's figures; what it had under way has failed with it, and is logged once (W8.2). */
  void bury(Death death, String function) {
    past.add(death.totals());
    pastCpuSeconds += death.cpuSeconds();
    ErrorCode code = death.code() == ErrorCode.FUNCTION_TIMEOUT ? ErrorCode.FUNCTION_TIMEOUT : ErrorCode.FUNCTION_CRASHED;
    for (Page.Open request : death.open()) {
      long milliseconds = Math.max(0, System.currentTimeMillis() - request.arrivedMs());
      past.count(code == ErrorCode.FUNCTION_TIMEOUT ? Outcome.TIMEOUT : Outcome.ERROR, milliseconds * 1_000_000);
      log.error("invocation failed", LogLine.failure(function, code.name(), request.requestId(), milliseconds));
    }
  }

  /** An executor was lost, or given up. */
  void replaced(String function, ErrorCode code, String reason) {
    restarts++;
    lastError = new WatcherError(code, reason).summary();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("function", function);
    fields.put("code", code.name());
    fields.put("reason", reason);
    log.warn("executor replaced", fields);
  }

  void failed(WatcherError error) {
    lastError = error.summary();
  }

  void forgetError() {
    lastError = null;
  }

  int restarts() {
    return restarts;
  }

  /** Null if all is well. */
  Map<String, Object> lastError() {
    return lastError;
  }

  double pastCpuSeconds() {
    return pastCpuSeconds;
  }

  /** With those of living executors. */
  Totals totals(Iterable<ExecutorProcess> living) {
    Totals totals = new Totals();
    totals.add(past);
    for (ExecutorProcess executor : living) totals.add(executor.totals());
    return totals;
  }
}
