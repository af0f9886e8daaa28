package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Thread mode: one executor runs all requests (W5.7). An update loads the new code beside the old in the same executor; connections wait in the kernel while a lost executor is replaced. */
final class ThreadServing extends Serving {
  /** A retired executor goes on answering on its kept-alive connections for a while. */
  private static final long LINGER_MS = 5000;
  private static final long LINGER_AFTER_TIMEOUT_MS = 1000;
  /** Revisions whose classes do not leave memory, as something of theirs still runs: more of them need a fresh executor. */
  private static final int MAX_REVISIONS = 24;

  private ExecutorProcess current;
  private boolean replacing;

  ThreadServing(Revision revision, Deps deps) {
    super(revision, deps);
  }

  @Override
  CompletableFuture<Map<String, Object>> start() {
    ExecutorProcess executor = deps.stock().take();
    return load(executor).thenApplyAsync(timings -> {
      adopt(executor);
      return timings;
    }, deps.loop()::execute);
  }

  /** Whether the executor that serves can take another revision. */
  boolean isUpdatable() {
    return current != null && closed == null && current.page().revisions() < MAX_REVISIONS;
  }

  /** New requests go to the revision once it is loaded; its timings. Fails with LOAD_FAILED, and then the one before serves on. */
  CompletableFuture<Map<String, Object>> update(Revision next) {
    ExecutorProcess executor = current;
    return executor.load(next.order(), LOAD_MS).handleAsync((timings, error) -> {
      if (error != null) {
        // Code that never finishes loading takes the processor from those that serve.
        if (executor.isLoadOverdue()) overrun(executor);
        throw error instanceof CompletionException wrapped ? wrapped : new CompletionException(error);
      }
      superseded.add(revision.folder());
      revision = next;
      return timings;
    }, deps.loop()::execute);
  }

  @Override
  CompletableFuture<Void> close(ErrorCode code) {
    closed = code;
    return closeAll(executors, code);
  }

  @Override
  Door.Guard guard() {
    if (current != null || (closed == null && failures == 0)) return Door.Guard.NONE;
    return Door.Guard.refuse(closed != null ? closed : ErrorCode.EXECUTOR_UNAVAILABLE);
  }

  @Override
  boolean isAvailable() {
    return current != null || failures == 0;
  }

  @Override
  ExecutorProcess foremost() {
    return current;
  }

  @Override
  ExecutorProcess.Listener listenerOf(ExecutorProcess executor) {
    return new ExecutorProcess.Listener() {
      @Override
      public void idle() {
        becameIdle(executor);
      }

      @Override
      public void overrun() {
        ThreadServing.this.overrun(executor);
      }

      @Override
      public void ended(String folder) {
        if (superseded.remove(Path.of(folder))) deps.files().delete(Path.of(folder));
      }

      @Override
      public void died(Death death) {
        ThreadServing.this.died(executor, death);
      }
    };
  }

  private void adopt(ExecutorProcess executor) {
    current = executor;
    failures = 0;
    if (closed != null) executor.close(closed);
    deps.changed().run();
  }

  /** A deadline passed in it: it has closed itself, and is killed once its neighbours are done (W5.5). */
  private void overrun(ExecutorProcess executor) {
    if (current != executor) return;
    current = null;
    executor.ending = true;
    executor.close(ErrorCode.EXECUTOR_RETIRED);
    deps.ledger().replaced(function(), ErrorCode.FUNCTION_TIMEOUT, lossMessage(ErrorCode.FUNCTION_TIMEOUT, 0));
    replace();
    deps.changed().run();
  }

  private void becameIdle(ExecutorProcess executor) {
    if (executor != current) {
      deps.loop().after(LINGER_AFTER_TIMEOUT_MS, () -> executor.kill(ErrorCode.FUNCTION_TIMEOUT));
    } else if (closed == ErrorCode.EXECUTOR_RETIRED) {
      current = null;
      deps.loop().after(LINGER_MS, () -> executor.end(END_MS));
    }
  }

  private void replace() {
    if (replacing || current != null || closed != null) return;
    replacing = true;
    ExecutorProcess executor = deps.stock().take();
    load(executor).whenCompleteAsync((timings, error) -> {
      replacing = false;
      if (error == null) {
        adopt(executor);
        return;
      }
      loadFailed(error);
      deps.changed().run();
      retry(this::replace);
    }, deps.loop()::execute);
  }

  @Override
  void lost(ExecutorProcess executor, Death death) {
    if (executor != current) return;
    current = null;
    recordLoss(death);
    if (failures == 0) replace();
    else retry(this::replace);
  }
}
