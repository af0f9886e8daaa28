package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.ProcessFigures;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.link.Link.Kind;
import dev.fibonacci.watcher.link.Order;
import dev.fibonacci.watcher.link.Page;
import dev.fibonacci.watcher.link.Totals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/** The supervisor's side of one executor; for the loop's thread alone. Orders that come before it is up are kept for it. */
final class ExecutorProcess implements Launch.Events {
  /** Who owns an executor hears what becomes of it. */
  interface Listener {
    default void idle() {}

    default void overrun() {}

    default void busy(boolean busy) {}

    /** A superseded revision has ended. */
    default void ended(String folder) {}

    default void died(Death death) {}
  }

  /** Of {@code -XX:+ExitOnOutOfMemoryError}. */
  private static final int OUT_OF_MEMORY = 3;

  private final Loop loop;
  private final Launch launch;
  private final List<Runnable> kept = new ArrayList<>();
  private Listener listener = new Listener() {};
  private final Queue<CompletableFuture<Void>> closing = new ArrayDeque<>();
  private Launch.Running running;
  private CompletableFuture<Map<String, Object>> loading;
  private ErrorCode killedFor;
  private boolean killed;
  private boolean exiting;
  private boolean dead;
  private boolean loaded;
  private boolean loadOverdue;
  private long lastBeat;
  private long lastBeatAtMs;
  private double cpuSeconds;
  /** It was told to end: its death is no loss. */
  boolean ending;
  /** User code in it is past its deadline. */
  boolean overran;

  ExecutorProcess(Loop loop, Launch launch) {
    this.loop = loop;
    this.launch = launch;
    launch.start(this);
  }

  void ownedBy(Listener by, String function) {
    listener = by;
    launch.belongTo(function);
  }

  // -- orders

  /** {@code dependenciesMs} and {@code initMs}. Fails with LOAD_FAILED. */
  CompletableFuture<Map<String, Object>> load(Order order, long timeoutMs) {
    CompletableFuture<Map<String, Object>> future = new CompletableFuture<>();
    loading = future;
    whenUp(() -> running.link().send(Kind.LOAD, order.toJson()));
    loop.after(timeoutMs, () -> {
      if (future.completeExceptionally(new WatcherError(ErrorCode.LOAD_FAILED, "The code did not finish loading within " + timeoutMs / 1000 + " s."))) loadOverdue = true;
    });
    return future;
  }

  /** Refuses requests with {@code code} from when the future completes. */
  CompletableFuture<Void> close(ErrorCode code) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    if (dead) done.complete(null);
    else closing.add(done);
    whenUp(() -> running.link().send(Kind.CLOSE, code.name()));
    return done;
  }

  /** Ends by itself; killed if it has not after so long. */
  void end(long milliseconds) {
    ending = true;
    whenUp(() -> running.link().send(Kind.END));
    loop.after(milliseconds, () -> kill(null));
  }

  /** {@code code} is what its death will say; the first one stands. */
  void kill(ErrorCode code) {
    if (dead) return;
    if (killedFor == null) killedFor = code;
    killed = true;
    launch.kill();
  }

  private void whenUp(Runnable action) {
    if (dead) return;
    if (running == null) kept.add(action);
    else action.run();
  }

  // -- facts

  boolean isLoaded() {
    return loaded;
  }

  /** It was told to load what does not finish loading. */
  boolean isLoadOverdue() {
    return loadOverdue;
  }

  boolean isDead() {
    return dead;
  }

  /** Null until it is up. */
  Page page() {
    return running == null ? null : running.page();
  }

  int inFlight() {
    return running == null || dead ? 0 : running.page().inFlight();
  }

  long heartbeatAgeMs() {
    return lastBeatAtMs == 0 ? 0 : System.nanoTime() / 1_000_000 - lastBeatAtMs;
  }

  long memoryBytes() {
    if (running == null || dead) return 0;
    long resident = ProcessFigures.residentBytes(running.process().pid());
    return resident > 0 ? resident : running.page().memoryBytes();
  }

  double cpuSeconds() {
    if (running != null && !dead) cpuSeconds = Math.max(cpuSeconds, ProcessFigures.cpuSeconds(running.process().toHandle()));
    return cpuSeconds;
  }

  Totals totals() {
    return running == null ? new Totals() : running.page().totals();
  }

  /** Notes whether its heart has beaten since the last time. */
  void observe() {
    if (running == null) return;
    long beat = running.page().heartbeat();
    if (beat == lastBeat) return;
    lastBeat = beat;
    lastBeatAtMs = System.nanoTime() / 1_000_000;
  }

  // -- what happens to it

  @Override
  public void up(Launch.Running now) {
    loop.execute(() -> {
      running = now;
      for (Runnable action : kept) action.run();
      kept.clear();
    });
  }

  @Override
  public void heard(Kind kind, byte[] payload) {
    loop.execute(() -> hear(kind, payload));
  }

  @Override
  public void gone(int exitCode) {
    loop.execute(() -> bury(exitCode));
  }

  private void hear(Kind kind, byte[] payload) {
    switch (kind) {
      case LOADED -> {
        loaded = true;
        if (loading != null) loading.complete(Json.parseObject(payload, 0, payload.length));
      }
      case FAILED -> {
        if (loading != null) loading.completeExceptionally(failure(Json.parseObject(payload, 0, payload.length)));
      }
      case CLOSED -> {
        if (!closing.isEmpty()) closing.remove().complete(null);
      }
      case IDLE -> listener.idle();
      case OVERRUN -> listener.overrun();
      case BUSY -> listener.busy(true);
      case FREE -> listener.busy(false);
      case ENDED -> listener.ended(new String(payload, StandardCharsets.UTF_8));
      case EXITING -> exiting = true;
      default -> kill(null);
    }
  }

  private static WatcherError failure(Map<String, Object> summary) {
    Map<String, Object> details = new LinkedHashMap<>(summary);
    ErrorCode code = ErrorCode.valueOf((String) details.remove("code"));
    return new WatcherError(code, (String) details.remove("message"), details);
  }

  private void bury(int exitCode) {
    if (dead) return;
    dead = true;
    kept.clear();
    for (CompletableFuture<Void> each : closing) each.complete(null);
    if (loading != null) loading.completeExceptionally(new WatcherError(ErrorCode.LOAD_FAILED, "The process ended with exit code " + exitCode + " while it loaded the code."));
    boolean outOfMemory = exitCode == OUT_OF_MEMORY && !exiting && !killed;
    ErrorCode code = outOfMemory ? ErrorCode.MEMORY_LIMIT : killedFor;
    List<Page.Open> open = running == null ? List.of() : running.page().openRequests();
    listener.died(new Death(code, exitCode, cpuSeconds, totals(), open));
  }
}
