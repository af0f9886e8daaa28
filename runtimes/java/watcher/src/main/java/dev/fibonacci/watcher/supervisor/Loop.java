package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.WatcherError;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread that the supervisor's state belongs to: what changes or reads it is done here, one thing after the other, and never waits. */
final class Loop {
  private final ScheduledThreadPoolExecutor thread;
  private final Log log;

  Loop(Log log) {
    this.log = log;
    thread = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("loop").factory());
    thread.setRemoveOnCancelPolicy(true);
  }

  void execute(Runnable task) {
    thread.execute(guarded(task));
  }

  void after(long milliseconds, Runnable task) {
    thread.schedule(guarded(task), milliseconds, TimeUnit.MILLISECONDS);
  }

  void every(long milliseconds, Runnable task) {
    thread.scheduleWithFixedDelay(guarded(task), milliseconds, milliseconds, TimeUnit.MILLISECONDS);
  }

  /** From another thread: waits for the result. @throws WatcherError as the task does */
  <T> T call(Callable<T> task) {
    return await(CompletableFuture.supplyAsync(() -> {
      try {
        return task.call();
      } catch (RuntimeException error) {
        throw error;
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }, thread));
  }

  /** @throws WatcherError as what failed */
  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) throw cause;
      throw new IllegalStateException(failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException defect) {
        log.error("the supervisor failed", Map.of("error", defect.toString()));
      }
    };
  }
}
