package dev.fibonacci.watcher.supervisor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Starts executors, and keeps one waiting until the first specialization takes it (W1.2), later while they are needed often. For the loop's thread alone. */
final class Stock {
  private static final long RETRY_MS = 1000;
  /** Code that was replaced once is likely to be replaced again soon: then another executor is started this long after one was taken … */
  private static final long REFILL_MS = 100;
  /** … and waits for this long, so that an instance that is left alone pays no memory for it. */
  private static final long SPARE_MS = 600_000;

  private final Loop loop;
  private final ExecutorCommand command;
  private final Path folder;
  private final Log log;
  private final Set<ExecutorProcess> living = new HashSet<>();
  private ExecutorProcess waiting;
  private int started;
  private int taken;
  private boolean closed;

  Stock(Loop loop, ExecutorCommand command, Path folder, Log log) {
    this.loop = loop;
    this.command = command;
    this.folder = folder;
    this.log = log;
  }

  void warmUp() {
    if (closed || waiting != null) return;
    ExecutorProcess executor = start();
    waiting = executor;
    executor.ownedBy(new ExecutorProcess.Listener() {
      @Override
      public void died(Death death) {
        bury(executor);
        if (waiting != executor || closed) return;
        log.warn("the waiting executor ended", Map.of("exitCode", death.exitCode()));
        waiting = null;
        loop.after(RETRY_MS, Stock.this::warmUp);
      }
    }, null);
  }

  /** The executor that waits, or a new one; who takes it tells when it is dead. */
  ExecutorProcess take() {
    ExecutorProcess executor = waiting == null ? start() : waiting;
    waiting = null;
    if (++taken > 1) loop.after(REFILL_MS, this::keepSpare);
    return executor;
  }

  void bury(ExecutorProcess executor) {
    living.remove(executor);
  }

  List<ExecutorProcess> living() {
    return new ArrayList<>(living);
  }

  /** Every executor ends at once. */
  void close() {
    closed = true;
    for (ExecutorProcess executor : living) {
      executor.ending = true;
      executor.kill(null);
    }
  }

  private void keepSpare() {
    warmUp();
    ExecutorProcess spare = waiting;
    loop.after(SPARE_MS, () -> {
      if (waiting != spare || spare == null) return;
      waiting = null;
      spare.kill(null);
    });
  }

  private ExecutorProcess start() {
    ExecutorProcess executor = new ExecutorProcess(loop, new Launch(command, folder, ++started, log));
    living.add(executor);
    return executor;
  }
}
