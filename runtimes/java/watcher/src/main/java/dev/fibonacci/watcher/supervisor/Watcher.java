package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The watcher's state, and what may be done to it: specialize, update, drain. One function for life; one revision serves, older ones finish what they have. Its state belongs to the loop's thread. */
final class Watcher {
  private static final long DRAIN_POLL_MS = 10;
  private static final long CLOSE_MS = 2000;

  private final Config config;
  private final Map<String, String> base;
  private final Serving.Deps deps;
  private final Door door;
  private final ReentrantLock pushes = new ReentrantLock();
  private final Set<Serving> retired = new HashSet<>();
  private final Instant startedAt = Instant.now();
  private FunctionRef owner;
  private Serving serving;
  private boolean failed;
  private boolean loading;
  private boolean draining;
  private long epoch;
  private int folders;

  /** {@code owner} is the marker's function; null if there is none. */
  Watcher(Config config, Map<String, String> base, FunctionRef owner, Loop loop, Stock stock, Ledger ledger, Log log, Door door) {
    this.config = config;
    this.base = base;
    this.owner = owner;
    this.door = door;
    deps = new Serving.Deps(loop, stock, ledger, log, this::changed, folder -> Thread.ofVirtual().start(() -> Folders.delete(folder)));
  }

  // -- facts; of the loop's thread

  Serving serving() {
    return serving;
  }

  long epoch() {
    return epoch;
  }

  Instant startedAt() {
    return startedAt;
  }

  FunctionRef ownerNow() {
    return owner;
  }

  String stateNow() {
    if (draining) return "draining";
    if (serving != null) return serving.isAvailable() ? "ready" : "loading";
    if (loading) return "loading";
    return failed ? "failed" : "idle";
  }

  int inFlight() {
    int number = serving == null ? 0 : serving.inFlight();
    for (Serving each : retired) number += each.inFlight();
    return number;
  }

  // -- from any thread

  String state() {
    return deps.loop().call(this::stateNow);
  }

  FunctionRef owner() {
    return deps.loop().call(this::ownerNow);
  }

  /** It serves its function, or may be given any. */
  boolean isAvailable() {
    return deps.loop().call(() -> stateNow().equals("ready") || (stateNow().equals("idle") && owner == null));
  }

  /** @throws WatcherError STALE_EPOCH (W2.8) */
  void checkEpoch(long asked) {
    deps.loop().call(() -> {
      if (asked < epoch) throw new WatcherError(ErrorCode.STALE_EPOCH, "Epoch " + asked + " is over: this instance has taken an order of epoch " + epoch + ".");
      return null;
    });
  }

  /** @throws WatcherError STALE_EPOCH */
  void acceptEpoch(long asked) {
    checkEpoch(asked);
    deps.loop().call(() -> epoch = Math.max(epoch, asked));
  }

  /** The answer of W3.5. One push after the other. @throws WatcherError */
  Map<String, Object> push(boolean isUpdate, LoadDocument.Push push, long beganNanos) {
    LoadDocument document = push.document();
    pushes.lock();
    try {
      PushDecision decision = deps.loop().call(() -> PushDecision.of(owner, serving == null ? null : serving.document(), draining, isUpdate, document));
      if (decision == PushDecision.SAME) return answer(document, 0, Map.of("dependenciesMs", 0, "initMs", 0));
      return load(push, beganNanos);
    } finally {
      pushes.unlock();
    }
  }

  /** Refuses new requests from now on; gives what is under way at the end of the time (W9.1). */
  int drain(long timeoutMs) {
    CompletableFuture<Void> closed = deps.loop().call(() -> {
      draining = true;
      CompletableFuture<Void> done = serving == null ? CompletableFuture.completedFuture(null) : serving.close(ErrorCode.DRAINING);
      changed();
      return done;
    });
    // One that does not hear any more is the warden's.
    Loop.await(closed.completeOnTimeout(null, CLOSE_MS, TimeUnit.MILLISECONDS));
    long until = System.nanoTime() + timeoutMs * 1_000_000;
    int left = deps.loop().call(this::inFlight);
    while (left > 0 && System.nanoTime() < until) {
      try {
        Thread.sleep(DRAIN_POLL_MS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return left;
      }
      left = deps.loop().call(this::inFlight);
    }
    return left;
  }

  private Map<String, Object> load(LoadDocument.Push push, long beganNanos) {
    LoadDocument document = push.document();
    Path folder = config.scratch().resolve("revisions").resolve(Integer.toString(++folders));
    deps.loop().execute(() -> loading = true);
    try {
      write(push, folder);
      double codeMs = (System.nanoTime() - beganNanos) / 1e6;
      Revision revision = Revision.of(document, folder, base);
      Map<String, Object> timings = Loop.await(start(revision));
      return answer(document, codeMs, timings);
    } catch (WatcherError error) {
      Folders.delete(folder);
      deps.loop().execute(() -> refused(document, error));
      throw error;
    } finally {
      deps.loop().execute(() -> loading = false);
    }
  }

  /** Checks all before the first byte is written; marker and files go to the disk side by side. */
  private void write(LoadDocument.Push push, Path folder) {
    LoadDocument document = push.document();
    CodePackage packed = CodePackage.check(push.body(), push.packageAt(), document.digest(), document.size());
    CompletableFuture<Void> marking = CompletableFuture.runAsync(() -> mark(document.function()), task -> Thread.ofVirtual().start(task));
    try {
      packed.unpack(folder);
      Loop.await(marking);
    } catch (IOException error) {
      throw unwritable(error);
    }
  }

  private void mark(FunctionRef function) {
    if (owner() != null) return;
    try {
      function.writeMarker(config.scratch());
    } catch (IOException error) {
      throw unwritable(error);
    }
    deps.loop().call(() -> owner = function);
  }

  private static WatcherError unwritable(IOException error) {
    return new WatcherError(ErrorCode.INTERNAL, "The package cannot be written to the scratch folder: " + error.getMessage() + ".");
  }

  /** In the executor that serves, where that can be; else in a fresh one. */
  private CompletableFuture<Map<String, Object>> start(Revision revision) {
    CompletableFuture<Map<String, Object>> done = new CompletableFuture<>();
    deps.loop().execute(() -> {
      boolean here = serving instanceof ThreadServing threads && !revision.document().processMode() && threads.isUpdatable();
      Serving next = here ? serving : revision.document().processMode() ? new ProcessServing(revision, deps) : new ThreadServing(revision, deps);
      CompletableFuture<Map<String, Object>> loaded = here ? ((ThreadServing) serving).update(revision) : next.start();
      loaded.whenCompleteAsync((timings, error) -> {
        if (error == null) {
          // Who comes after our answer must not meet an executor of the old code.
          serve(next).completeOnTimeout(null, CLOSE_MS, TimeUnit.MILLISECONDS).thenRun(() -> done.complete(timings));
          return;
        }
        if (!here) next.kill();
        done.completeExceptionally(error instanceof CompletionException && error.getCause() != null ? error.getCause() : error);
      }, deps.loop()::execute);
    });
    return done;
  }

  /** New requests go to it from when the future completes; the one before finishes what it has (W4.1). */
  private CompletableFuture<Void> serve(Serving next) {
    Serving before = serving;
    serving = next;
    failed = false;
    deps.ledger().forgetError();
    if (draining && next.closed == null) next.close(ErrorCode.DRAINING);
    changed();
    if (before == null || before == next) return CompletableFuture.completedFuture(null);
    retired.add(before);
    CompletableFuture<Void> closed = before.close(ErrorCode.EXECUTOR_RETIRED);
    before.whenEmpty(() -> {
      if (retired.remove(before)) deps.files().delete(before.revision.folder());
    });
    return closed;
  }

  private void refused(LoadDocument document, WatcherError error) {
    failed = serving == null;
    deps.ledger().failed(error);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("function", document.function().fullName());
    fields.put("code", error.code().name());
    fields.put("error", error.getMessage());
    fields.putAll(error.details());
    deps.log().error("revision refused", fields);
  }

  private void changed() {
    if (serving != null && (!draining || serving.closed != null)) door.guard(serving.guard());
    else door.guard(Door.Guard.refuse(draining ? ErrorCode.DRAINING : ErrorCode.NOT_SPECIALIZED));
  }

  private static Map<String, Object> answer(LoadDocument document, double codeMs, Map<String, Object> timings) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("codeMs", Math.round(codeMs * 1000) / 1000.0);
    all.putAll(timings);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("content", document.content());
    answer.put("generation", document.generation());
    answer.put("timings", all);
    return answer;
  }
}
