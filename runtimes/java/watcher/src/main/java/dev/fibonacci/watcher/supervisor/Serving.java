package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A revision being served: what thread mode and process mode have in common. It owns its executors; for the loop's thread alone. */
abstract class Serving {
  static final long LOAD_MS = 30_000;
  static final long END_MS = 6000;

  /** What a serving is made with. */
  record Deps(Loop loop, Stock stock, Ledger ledger, Log log, Runnable changed, Files files) {}

  /** Deletes what is not needed any more. */
  interface Files {
    void delete(Path folder);
  }

  final Deps deps;
  final Set<ExecutorProcess> executors = new HashSet<>();
  final Set<Path> superseded = new HashSet<>();
  Revision revision;
  /** What requests are refused with from now on; null while it serves. */
  ErrorCode closed;

  int failures;
  private boolean retryPending;
  private Runnable onEmpty;

  Serving(Revision revision, Deps deps) {
    this.revision = revision;
    this.deps = deps;
  }

  /** Until the first executor serves: its timings. Fails with LOAD_FAILED. */
  abstract CompletableFuture<Map<String, Object>> start();

  /** Refuses new requests with {@code code} from when the future completes; those under way go on. */
  abstract CompletableFuture<Void> close(ErrorCode code);

  /** Tells each of these. */
  static CompletableFuture<Void> closeAll(Collection<ExecutorProcess> executors, ErrorCode code) {
    return CompletableFuture.allOf(executors.stream().map(executor -> executor.close(code)).toArray(CompletableFuture[]::new));
  }

  /** Whether the supervisor has to answer at the door. */
  abstract Door.Guard guard();

  /** Whether an executor is up, or one is loading for the first time since the last was. */
  abstract boolean isAvailable();

  /** The one whose heartbeat counts; null if there is none. */
  abstract ExecutorProcess foremost();

  /** An executor that nobody asked to end is gone. */
  abstract void lost(ExecutorProcess executor, Death death);

  abstract ExecutorProcess.Listener listenerOf(ExecutorProcess executor);

  LoadDocument document() {
    return revision.document();
  }

  String function() {
    return document().function().fullName();
  }

  int inFlight() {
    int number = 0;
    for (ExecutorProcess executor : executors) number += executor.inFlight();
    return number;
  }

  /** {@code action} runs once a closed one has no executor left. */
  void whenEmpty(Runnable action) {
    onEmpty = action;
    if (executors.isEmpty()) action.run();
  }

  void end() {
    for (ExecutorProcess executor : executors) executor.end(END_MS);
  }

  void kill() {
    for (ExecutorProcess executor : executors) {
      executor.ending = true;
      executor.kill(null);
    }
  }

  /** A fresh executor and its timings, once it has the code. */
  CompletableFuture<Map<String, Object>> load(ExecutorProcess executor) {
    executors.add(executor);
    executor.ownedBy(listenerOf(executor), function());
    return executor.load(revision.order(), LOAD_MS).whenCompleteAsync((timings, error) -> {
      if (error == null) return;
      executor.ending = true;
      executor.kill(null);
    }, deps.loop::execute);
  }

  /** Of every listener. */
  void died(ExecutorProcess executor, Death death) {
    executors.remove(executor);
    deps.stock.bury(executor);
    deps.ledger.bury(death, function());
    if (!executor.ending) lost(executor, death);
    if (executors.isEmpty()) {
      for (Path folder : superseded) deps.files.delete(folder);
      superseded.clear();
      if (onEmpty != null) onEmpty.run();
    }
    deps.changed.run();
  }

  /** A loss is counted, told, and paid for with a wait if it had not served anything. */
  void recordLoss(Death death) {
    ErrorCode code = death.code() == null ? ErrorCode.FUNCTION_CRASHED : death.code();
    deps.ledger.replaced(function(), code, lossMessage(code, death.exitCode()));
    failures = death.served() ? 0 : failures + 1;
  }

  String lossMessage(ErrorCode code, int exitCode) {
    return switch (code) {
      case FUNCTION_TIMEOUT -> WatcherError.timeout(document().timeoutMs()).getMessage();
      case MEMORY_LIMIT -> "The function’s process passed its memory limit and was ended.";
      default -> "The function’s process ended with exit code " + exitCode + ".";
    };
  }

  /** Calls {@code action} after the back-off; one call is pending at most. */
  void retry(Runnable action) {
    if (retryPending || closed != null) return;
    retryPending = true;
    deps.loop.after(Backoff.milliseconds(failures), () -> {
      retryPending = false;
      if (closed == null) action.run();
    });
  }

  void loadFailed(Throwable thrown) {
    failures++;
    WatcherError error = thrown instanceof WatcherError known ? known : thrown.getCause() instanceof WatcherError known ? known : new WatcherError(ErrorCode.INTERNAL, thrown.toString());
    deps.ledger.failed(error);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("function", function());
    fields.put("code", error.code().name());
    fields.put("error", error.getMessage());
    fields.put("attempt", failures);
    deps.log.error("executor not loaded", fields);
  }
}
