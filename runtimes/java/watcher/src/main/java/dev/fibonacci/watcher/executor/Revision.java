package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.link.Order;
import java.util.Map;

/** Code that is loaded, and how a request is put to it. */
final class Revision {
  /** Runs user code for a request and answers. */
  interface Invoke {
    /** @throws Exception whatever user code throws; WatcherError for an answer of the watcher's own */
    void invoke(Exchange exchange) throws Exception;
  }

  private final Order order;
  private final RevisionLoader loader;
  private final Invoke invoke;
  private final AutoCloseable instance;
  private Admission admission;
  /** Requests whose user code has not ended, and all that have not; guarded by the admission. */
  int running;

  int open;

  /** {@code instance} is closed when nothing is under way any more; null if there is nothing to close. */
  Revision(Order order, RevisionLoader loader, Invoke invoke, AutoCloseable instance) {
    this.order = order;
    this.loader = loader;
    this.invoke = invoke;
    this.instance = instance;
  }

  void admittedBy(Admission by) {
    admission = by;
  }

  Order order() {
    return order;
  }

  RevisionLoader loader() {
    return loader;
  }

  /** In the request's thread, with everything that user code finds in it. */
  void invoke(Exchange exchange) throws Exception {
    Thread thread = Thread.currentThread();
    thread.setContextClassLoader(loader);
    try {
      ScopedValue.where(Exchange.CURRENT, exchange).call(() -> {
        invoke.invoke(exchange);
        return null;
      });
    } finally {
      // An idle connection must not keep the classes of a revision that has ended.
      thread.setContextClassLoader(null);
    }
  }

  void answerBegins(Exchange exchange) {
    admission.answerBegins(exchange);
  }

  void userCodeEnded(Exchange exchange) {
    exchange.running = false;
    admission.free(exchange);
  }

  /** Gives back what it holds. */
  void close(Journal journal) {
    try {
      if (instance != null) instance.close();
    } catch (Exception error) {
      journal.write("warn", "closing the handler failed", Map.of("error", Failure.describe(error)));
    }
    loader.close();
  }
}
