package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.link.Page;
import java.util.concurrent.locks.LockSupport;

/** The thread that keeps time: heartbeat, deadlines, clients that went away or are too slow, revisions that have ended. It runs also when user code takes all there is for virtual threads. */
final class Monitor {
  private static final long TICK_NANOS = 100_000_000;
  /** More than these are collected once nothing is under way; else the JVM does when it needs memory. */
  private static final int FEW_REVISIONS = 4;

  private static final long COLLECTION_NANOS = 300_000_000;

  private final Page page;
  private final Connections connections;
  private final RevisionCensus census;
  private volatile Admission admission;
  private volatile long wakeAt;
  private volatile boolean beating;
  private long lastCollection = System.nanoTime();
  private volatile boolean stopped;
  private Thread thread;

  Monitor(Page page, Connections connections, RevisionCensus census) {
    this.page = page;
    this.connections = connections;
    this.census = census;
  }

  void start() {
    thread = Thread.ofPlatform().daemon().name("fibonacci-monitor").start(this::run);
  }

  void stop() {
    stopped = true;
  }

  void watch(Admission of) {
    admission = of;
  }

  /** A deadline may come before the next tick. */
  void expect(long deadlineNanos) {
    if (deadlineNanos - wakeAt < 0) LockSupport.unpark(thread);
  }

  /** In a virtual thread: the heart beats as long as requests can be served, too. */
  private void beat() {
    if (beating) return;
    beating = true;
    Thread.ofVirtual().start(() -> {
      page.beat(Runtime.getRuntime().totalMemory(), census.count());
      beating = false;
    });
  }

  private void run() {
    long nextTick = System.nanoTime();
    while (!stopped) {
      long now = System.nanoTime();
      Admission of = admission;
      long deadline = of == null ? Long.MAX_VALUE : of.expire(now);
      if (now - nextTick >= 0) {
        nextTick = now + TICK_NANOS;
        tick(now, of);
      }
      wakeAt = Math.min(nextTick, deadline);
      LockSupport.parkNanos(Math.max(1_000_000, wakeAt - System.nanoTime()));
    }
  }

  private void tick(long now, Admission of) {
    beat();
    connections.closeOverdue();
    if (of == null) return;
    if (census.count() > FEW_REVISIONS && now - lastCollection > COLLECTION_NANOS && of.openExchanges().isEmpty()) {
      lastCollection = now;
      System.gc();
    }
    for (Exchange exchange : of.openExchanges()) if (exchange.entered && now - exchange.arrivedNanos > TICK_NANOS) exchange.watchClient();
  }
}
