package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Process mode: each invocation has an executor to itself (W5.5, W5.7). They are started as they are needed, and one more, up to the concurrency; whoever is free takes the next connection. */
final class ProcessServing extends Serving {
  /** So long an executor whose user code does not end may take to answer for it … */
  private static final long ANSWER_MS = 5000;
  /** … and the answer to get to the client. */
  private static final long DELIVERY_MS = 100;

  private final List<ExecutorProcess> loaded = new ArrayList<>();
  private final Set<ExecutorProcess> busy = new HashSet<>();
  private int loading;

  ProcessServing(Revision revision, Deps deps) {
    super(revision, deps);
  }

  @Override
  CompletableFuture<Map<String, Object>> start() {
    return loadOne();
  }

  @Override
  CompletableFuture<Void> close(ErrorCode code) {
    closed = code;
    CompletableFuture<Void> done = closeAll(executors, code);
    if (code == ErrorCode.EXECUTOR_RETIRED) for (ExecutorProcess executor : executors) if (!busy.contains(executor)) executor.end(END_MS);
    return done;
  }

  @Override
  Door.Guard guard() {
    if (closed != null) return Door.Guard.refuse(closed);
    if (failures > 0) return Door.Guard.whileTaken(ErrorCode.EXECUTOR_UNAVAILABLE, loaded);
    return loaded.size() >= document().concurrency() && busy.size() >= loaded.size() ? Door.Guard.whileTaken(ErrorCode.CONCURRENCY_LIMIT, loaded) : Door.Guard.NONE;
  }

  @Override
  boolean isAvailable() {
    return !loaded.isEmpty() || failures == 0;
  }

  @Override
  ExecutorProcess foremost() {
    return loaded.isEmpty() ? null : loaded.getFirst();
  }

  @Override
  ExecutorProcess.Listener listenerOf(ExecutorProcess executor) {
    return new ExecutorProcess.Listener() {
      @Override
      public void busy(boolean now) {
        becameBusy(executor, now);
      }

      @Override
      public void idle() {
        if (executor.overran) deps.loop().after(DELIVERY_MS, () -> executor.kill(ErrorCode.FUNCTION_TIMEOUT));
      }

      @Override
      public void overrun() {
        overran(executor);
      }

      @Override
      public void died(Death death) {
        loaded.remove(executor);
        busy.remove(executor);
        ProcessServing.this.died(executor, death);
      }
    };
  }

  private void becameBusy(ExecutorProcess executor, boolean now) {
    if (now) busy.add(executor);
    else busy.remove(executor);
    if (!now && closed == ErrorCode.EXECUTOR_RETIRED) executor.end(END_MS);
    grow();
    deps.changed().run();
  }

  /** A deadline passed in user code, which goes on; the executor is killed once its caller has been told. */
  private void overran(ExecutorProcess executor) {
    if (!loaded.remove(executor)) return;
    busy.remove(executor);
    executor.ending = true;
    executor.overran = true;
    deps.ledger().replaced(function(), ErrorCode.FUNCTION_TIMEOUT, lossMessage(ErrorCode.FUNCTION_TIMEOUT, 0));
    deps.loop().after(ANSWER_MS, () -> executor.kill(ErrorCode.FUNCTION_TIMEOUT));
    grow();
    deps.changed().run();
  }

  /** One executor more than invocations, so that the next one finds code that is loaded. */
  private void grow() {
    if (closed != null) return;
    if (failures > 0) {
      retry(this::loadMore);
      return;
    }
    loadMore();
  }

  private void loadMore() {
    int wanted = Math.min(document().concurrency(), busy.size() + 1);
    while (loaded.size() + loading < wanted) {
      loadOne().whenCompleteAsync((timings, error) -> {
        if (error == null) return;
        loadFailed(error);
        deps.changed().run();
        retry(this::loadMore);
      }, deps.loop()::execute);
    }
  }

  private CompletableFuture<Map<String, Object>> loadOne() {
    loading++;
    ExecutorProcess executor = deps.stock().take();
    return load(executor).whenCompleteAsync((timings, error) -> {
      loading--;
      if (error != null || executor.isDead()) return;
      loaded.add(executor);
      failures = 0;
      if (closed != null) close(closed);
      grow();
      deps.changed().run();
    }, deps.loop()::execute);
  }

  @Override
  void lost(ExecutorProcess executor, Death death) {
    recordLoss(death);
    grow();
  }
}
