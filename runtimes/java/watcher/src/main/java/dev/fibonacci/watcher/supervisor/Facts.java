package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ProcessFigures;
import dev.fibonacci.watcher.link.Totals;
import dev.fibonacci.watcher.link.Totals.Outcome;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code /_/status} and {@code /metrics} (W2.3, W2.4): figures of the supervisor and everything that it started. */
final class Facts {
  private final Config config;
  private final Loop loop;
  private final Watcher watcher;
  private final Stock stock;
  private final Ledger ledger;

  Facts(Config config, Loop loop, Watcher watcher, Stock stock, Ledger ledger) {
    this.config = config;
    this.loop = loop;
    this.watcher = watcher;
    this.stock = stock;
    this.ledger = ledger;
  }

  Map<String, Object> status() {
    return loop.call(this::statusNow);
  }

  /** Prometheus text, version 0.0.4. */
  String metrics() {
    return loop.call(this::metricsNow);
  }

  private Map<String, Object> statusNow() {
    Serving serving = watcher.serving();
    Totals totals = ledger.totals(stock.living());
    FunctionRef owner = watcher.ownerNow();
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("instance", config.instance());
    status.put("runtime", "java");
    status.put("state", watcher.stateNow());
    status.put("function", owner == null ? null : owner.toJson());
    status.put("content", serving == null ? null : serving.document().content());
    status.put("generation", serving == null ? 0 : serving.document().generation());
    status.put("epoch", watcher.epoch());
    status.put("inFlight", watcher.inFlight());
    status.put("concurrency", serving == null ? 0 : serving.document().concurrency());
    Map<String, Object> invocations = new LinkedHashMap<>();
    invocations.put("total", totals.invocations());
    invocations.put("failed", totals.of(Outcome.ERROR));
    invocations.put("timedOut", totals.of(Outcome.TIMEOUT));
    status.put("invocations", invocations);
    status.put("restarts", ledger.restarts());
    status.put("memoryBytes", memoryBytes());
    status.put("cpuSeconds", Math.round(cpuSeconds() * 1000) / 1000.0);
    status.put("heartbeatAgeMs", heartbeatAgeMs(serving));
    status.put("startedAt", watcher.startedAt().truncatedTo(ChronoUnit.MILLIS).toString());
    status.put("lastError", ledger.lastError());
    return status;
  }

  private String metricsNow() {
    FunctionRef owner = watcher.ownerNow();
    String label = owner == null ? "" : "function_name=\"" + owner.fullName() + "\"";
    Totals totals = ledger.totals(stock.living());
    StringBuilder text = new StringBuilder();
    text.append("# TYPE function_watcher_invocations_total counter\n");
    for (Outcome outcome : Outcome.values()) sample(text, "function_watcher_invocations_total", label, "outcome=\"" + outcome.name().toLowerCase(Locale.ROOT) + "\"", totals.of(outcome));
    text.append("# TYPE function_watcher_duration_seconds histogram\n");
    long count = 0;
    for (int bucket = 0; bucket < Totals.BUCKETS; bucket++) {
      count += totals.bucket(bucket);
      double bound = Totals.bound(bucket);
      sample(text, "function_watcher_duration_seconds_bucket", label, "le=\"" + (Double.isInfinite(bound) ? "+Inf" : Double.toString(bound)) + "\"", count);
    }
    sample(text, "function_watcher_duration_seconds_sum", label, "", totals.durationSeconds());
    sample(text, "function_watcher_duration_seconds_count", label, "", count);
    metric(text, "function_watcher_in_flight", "gauge", label, watcher.inFlight());
    metric(text, "function_watcher_executor_restarts_total", "counter", label, ledger.restarts());
    metric(text, "function_watcher_cpu_seconds_total", "counter", label, Math.round(cpuSeconds() * 1000) / 1000.0);
    metric(text, "function_watcher_memory_bytes", "gauge", label, memoryBytes());
    return text.toString();
  }

  private static void metric(StringBuilder text, String name, String kind, String label, Number value) {
    text.append("# TYPE ").append(name).append(' ').append(kind).append('\n');
    sample(text, name, label, "", value);
  }

  private static void sample(StringBuilder text, String name, String label, String more, Number value) {
    String labels = label.isEmpty() || more.isEmpty() ? label + more : label + "," + more;
    text.append(name);
    if (!labels.isEmpty()) text.append('{').append(labels).append('}');
    text.append(' ').append(value).append('\n');
  }

  private long memoryBytes() {
    long own = ProcessFigures.residentBytes(ProcessHandle.current().pid());
    long bytes = own > 0 ? own : Runtime.getRuntime().totalMemory();
    for (ExecutorProcess executor : stock.living()) bytes += executor.memoryBytes();
    return bytes;
  }

  private double cpuSeconds() {
    double seconds = ProcessFigures.cpuSeconds(ProcessHandle.current()) + ledger.pastCpuSeconds();
    for (ExecutorProcess executor : stock.living()) seconds += executor.cpuSeconds();
    return seconds;
  }

  /** Of the executor that serves; of the one that waits while nothing is served. */
  private long heartbeatAgeMs(Serving serving) {
    List<ExecutorProcess> living = stock.living();
    ExecutorProcess executor = serving == null ? (living.isEmpty() ? null : living.getFirst()) : serving.foremost();
    return executor == null ? 0 : executor.heartbeatAgeMs();
  }
}
