package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.http.ClientGone;
import dev.fibonacci.watcher.http.OwnAnswer;
import dev.fibonacci.watcher.http.RequestBody;
import dev.fibonacci.watcher.http.RequestHead;
import dev.fibonacci.watcher.http.Wire;
import dev.fibonacci.watcher.link.Totals.Outcome;
import java.io.IOException;
import java.util.Map;

/** Serves the requests of one connection, one after the other, in a virtual thread of its own. */
final class Connection implements Runnable {
  private static final long IDLE_SECONDS = 75;
  private static final long HEAD_SECONDS = 10;
  private static final long LINGER_SECONDS = 2;

  private final Wire wire;
  private final Admission admission;
  private final Journal journal;
  private final Connections connections;
  private Exchange current;

  Connection(Wire wire, Admission admission, Journal journal, Connections connections) {
    this.wire = wire;
    this.admission = admission;
    this.journal = journal;
    this.connections = connections;
  }

  @Override
  public void run() {
    try {
      while (serveOne());
    } catch (IOException | Abandoned gone) {
      // The client, or the deadline, has ended it.
    } catch (RuntimeException | Error defect) {
      journal.write("error", "connection failed", Map.of("error", Failure.describe(defect), "stack", Failure.stackOf(defect)));
    } finally {
      // Past the deadline another thread answers, and closes.
      if (current == null || !current.timedOut) {
        wire.close();
        connections.remove(wire);
      }
    }
  }

  /** One request; false once the connection has ended. */
  private boolean serveOne() throws IOException {
    RequestHead head;
    try {
      head = wire.readHead(IDLE_SECONDS, HEAD_SECONDS);
    } catch (WatcherError error) {
      wire.write(OwnAnswer.render(error, OwnAnswer.requestId(null), true, false));
      wire.finish(LINGER_SECONDS);
      return false;
    }
    if (head == null) return false;
    Exchange exchange = new Exchange(wire, head);
    current = exchange;
    ErrorCode code = admission.admit(exchange);
    if (code != null) return refuse(exchange, code);
    Outcome outcome = null;
    try {
      outcome = invoke(exchange);
    } finally {
      exchange.flushOutput(journal);
      admission.release(exchange, outcome);
    }
    return settle(exchange);
  }

  /** Null if user code did not run. */
  private Outcome invoke(Exchange exchange) throws IOException {
    try {
      exchange.body = new RequestBody(wire, exchange.head, exchange.revision.order().maxBodyBytes());
      exchange.revision.invoke(exchange);
      return Outcome.OK;
    } catch (WatcherError error) {
      return refuseBody(exchange, error);
    } catch (Abandoned | ClientGone gone) {
      exchange.keepAlive = false;
      return exchange.entered ? Outcome.OK : null;
    } catch (Throwable thrown) {
      exchange.running = false;
      fail(exchange, thrown);
      return Outcome.ERROR;
    }
  }

  /** What came was no good: of its framing, its size, or its content type. */
  private Outcome refuseBody(Exchange exchange, WatcherError error) throws ClientGone {
    exchange.keepAlive = false;
    if (exchange.entered) journal.failure(error.code().name(), exchange, Map.of("error", error.getMessage()));
    if (exchange.isBegun()) wire.close();
    else exchange.sendError(error);
    return exchange.entered ? Outcome.ERROR : null;
  }

  /** The caller gets the first line, the log the stack (W6.5, W6.6). */
  private void fail(Exchange exchange, Throwable thrown) throws ClientGone {
    if (exchange.timedOut) {
      exchange.keepAlive = false;
      return;
    }
    boolean bad = thrown instanceof BadResponse;
    ErrorCode code = bad ? ErrorCode.FUNCTION_BAD_RESPONSE : ErrorCode.FUNCTION_ERROR;
    String message = bad ? thrown.getMessage() : Failure.describe(thrown);
    journal.failure(code.name(), exchange, bad ? Map.of("error", message) : Map.of("error", message, "stack", Failure.stackOf(thrown)));
    if (exchange.isBegun()) {
      exchange.keepAlive = false;
      // Cut: the caller must not take a part for the whole.
      wire.close();
      return;
    }
    if (!exchange.body.isComplete()) exchange.keepAlive = false;
    exchange.sendError(new WatcherError(code, message));
  }

  /** After the response: whether the connection takes another request. */
  private boolean settle(Exchange exchange) {
    if (exchange.timedOut) return false;
    // An idle connection must not keep a revision in memory.
    current = null;
    if (exchange.keepAlive && exchange.body.isComplete()) {
      wire.limit(IDLE_SECONDS);
      wire.awaitReadAhead();
      return true;
    }
    wire.finish(LINGER_SECONDS);
    return false;
  }

  private boolean refuse(Exchange exchange, ErrorCode code) throws ClientGone {
    boolean close = code != ErrorCode.CONCURRENCY_LIMIT || exchange.head.hasBody() || !exchange.keepAlive;
    wire.write(OwnAnswer.render(code.refusal(), exchange.requestId, close, exchange.head.isHead()));
    if (close) wire.finish(LINGER_SECONDS);
    return !close;
  }
}
