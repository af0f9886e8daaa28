package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.link.Page;
import dev.fibonacci.watcher.link.Totals.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The requests under way in this executor, and whether another may begin (W5.1, W5.4, W5.5). */
final class Admission {
  /** Hears what becomes of the executor. */
  interface Listener {
    void idle();

    void overrun();

    void ended(Revision revision);

    /** Process mode: whether an invocation runs. */
    void busy(boolean busy);
  }

  private static final long PATIENCE_MS = 5;

  private final Page page;
  private final Journal journal;
  private final Listener listener;
  private final Monitor monitor;
  private final Set<Exchange> open = new HashSet<>();
  private final List<Integer> slots = new ArrayList<>();
  private Revision current;
  private ErrorCode closed;
  /** Requests past their deadline whose callers are being told. */
  private int answering;
  private boolean idleTold;

  Admission(Page page, Journal journal, Monitor monitor, Listener listener) {
    this.page = page;
    this.journal = journal;
    this.monitor = monitor;
    this.listener = listener;
    for (int slot = Page.SLOTS - 1; slot >= 0; slot--) slots.add(slot);
  }

  /** New requests go to it from now on. */
  void serve(Revision revision) {
    revision.admittedBy(this);
    Revision before;
    boolean ended;
    synchronized (this) {
      before = current;
      current = revision;
      ended = before != null && before.open == 0;
    }
    if (ended) listener.ended(before);
  }

  /** None of the requests that come now will be served. */
  synchronized boolean isClosed() {
    return closed != null;
  }

  /** Null, or the code to refuse with: user code sees nothing of the request. */
  ErrorCode admit(Exchange exchange) {
    Revision revision;
    synchronized (this) {
      revision = current;
      if (closed == null && isFull(revision)) awaitFree();
      revision = current;
      ErrorCode code = closed != null ? closed : isFull(revision) ? ErrorCode.CONCURRENCY_LIMIT : null;
      if (code != null) {
        page.refused();
        return code;
      }
      int slot = slots.isEmpty() ? -1 : slots.removeLast();
      exchange.admit(revision, slot);
      revision.running++;
      revision.open++;
      open.add(exchange);
      page.setInFlight(open.size());
      if (slot >= 0) page.openSlot(slot, exchange.requestId, exchange.arrivedMs);
    }
    if (revision.order().oneAtATime()) listener.busy(true);
    monitor.expect(exchange.deadlineNanos());
    return null;
  }

  private static boolean isFull(Revision revision) {
    return revision.running >= (revision.order().oneAtATime() ? 1 : revision.order().concurrency());
  }

  /** A function may end a moment after the response that brought this client here. */
  private void awaitFree() {
    try {
      wait(PATIENCE_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A connection that will not be served any more says so with its last response. */
  void answerBegins(Exchange exchange) {
    synchronized (this) {
      if (closed != null || exchange.revision.order().oneAtATime()) exchange.keepAlive = false;
    }
  }

  /** User code has ended: another request may begin, though this one's response is still to be sent. */
  void free(Exchange exchange) {
    synchronized (this) {
      if (!open.contains(exchange) || exchange.freed) return;
      exchange.freed = true;
      exchange.revision.running--;
      notifyAll();
    }
    if (exchange.revision.order().oneAtATime()) listener.busy(false);
  }

  /** Ends a request; {@code outcome} is null if user code did not run. Nothing if its deadline was first. */
  void release(Exchange exchange, Outcome outcome) {
    free(exchange);
    Revision ended = null;
    boolean idle;
    synchronized (this) {
      if (!open.contains(exchange)) return;
      if (outcome != null) page.count(outcome, exchange.elapsedNanos());
      if (forget(exchange)) ended = exchange.revision;
      idle = becomesIdle();
    }
    if (ended != null) listener.ended(ended);
    if (idle) listener.idle();
  }

  /** Refuses with {@code code} from now on, and tells when nothing is under way. */
  void close(ErrorCode code) {
    boolean idle;
    synchronized (this) {
      if (closed != ErrorCode.EXECUTOR_RETIRED) closed = code;
      idle = becomesIdle();
    }
    if (idle) listener.idle();
  }

  /** Ends what has passed its deadline; gives the next deadline. */
  long expire(long now) {
    List<Exchange> expired = new ArrayList<>();
    List<Revision> ended = new ArrayList<>();
    boolean overrun = false;
    long next = Long.MAX_VALUE;
    synchronized (this) {
      for (Exchange exchange : open) {
        if (exchange.deadlineNanos() - now <= 0) expired.add(exchange);
        else next = Math.min(next, exchange.deadlineNanos());
      }
      for (Exchange exchange : expired) {
        overrun |= exchange.running;
        if (exchange.entered) page.count(Outcome.TIMEOUT, exchange.elapsedNanos());
        if (!exchange.freed) exchange.revision.running--;
        exchange.freed = true;
        exchange.expire();
        if (forget(exchange)) ended.add(exchange.revision);
      }
      if (overrun) closed = ErrorCode.EXECUTOR_RETIRED;
      answering += expired.size();
    }
    if (overrun) listener.overrun();
    for (Exchange exchange : expired) answer(exchange);
    for (Revision revision : ended) listener.ended(revision);
    return next;
  }

  private void answer(Exchange exchange) {
    if (exchange.entered) journal.failure(ErrorCode.FUNCTION_TIMEOUT.name(), exchange, null);
    Thread.ofPlatform().daemon().name("fibonacci-timeout").start(() -> exchange.takeOver(WatcherError.timeout(exchange.timeoutMs()), this::answered));
  }

  private void answered() {
    boolean idle;
    synchronized (this) {
      answering--;
      idle = becomesIdle();
    }
    if (idle) listener.idle();
  }

  synchronized List<Exchange> openExchanges() {
    return new ArrayList<>(open);
  }

  /** Whether its revision, one that is not current any more, has ended with it. */
  private boolean forget(Exchange exchange) {
    open.remove(exchange);
    notifyAll();
    if (exchange.slot >= 0) {
      page.closeSlot(exchange.slot);
      slots.add(exchange.slot);
    }
    page.setInFlight(open.size());
    exchange.revision.open--;
    return exchange.revision.open == 0 && exchange.revision != current;
  }

  private boolean becomesIdle() {
    if (closed == null || !open.isEmpty() || answering > 0 || idleTold) return false;
    idleTold = true;
    return true;
  }
}
