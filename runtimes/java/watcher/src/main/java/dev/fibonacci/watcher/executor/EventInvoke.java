package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.link.Order;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** Signature {@code event} (section 6). */
final class EventInvoke implements Revision.Invoke {
  private static final byte[] NOTHING = {};

  private final Order order;
  private final Journal journal;
  private final UserHandler.EventCall handler;
  private final EventArgument argument;
  private final Results results;

  EventInvoke(Order order, Journal journal, UserHandler.EventCall handler, EventArgument argument, Results results) {
    this.order = order;
    this.journal = journal;
    this.handler = handler;
    this.argument = argument;
    this.results = results;
  }

  @Override
  public void invoke(Exchange exchange) throws Exception {
    Object event = argument.of(exchange.head, exchange.body.readWhole(), exchange.requestId);
    exchange.enter();
    Object result = handler.call().call(event, new InvocationContext(exchange, order, journal));
    Results.Answer answer = results.toAnswer(result instanceof CompletionStage<?> stage ? await(stage) : result);
    if (answer.pieces() == null) exchange.send(answer.status(), answer.fields(), answer.bytes());
    else stream(exchange, answer);
  }

  private static Object await(CompletionStage<?> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get();
    } catch (ExecutionException thrown) {
      if (Failure.unwrap(thrown) instanceof Exception exception) throw exception;
      throw thrown;
    }
  }

  /** The head goes out with the first piece, so that an error before it is still an error. */
  private static void stream(Exchange exchange, Results.Answer answer) throws Exception {
    try (Pieces pieces = answer.pieces()) {
      byte[] first = pieces.next();
      exchange.begin(answer.status(), answer.fields(), first == null ? NOTHING : first, first == null ? 0 : first.length);
      if (exchange.head.isHead()) return;
      while (first != null) {
        byte[] piece = pieces.next();
        if (piece == null) break;
        exchange.write(piece, piece.length);
      }
    }
    exchange.end();
  }
}
