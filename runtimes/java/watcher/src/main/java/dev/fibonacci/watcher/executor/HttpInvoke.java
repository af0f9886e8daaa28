package dev.fibonacci.watcher.executor;

import com.google.cloud.functions.HttpFunction;

/** Signature {@code http} (W7.7): functions for Google's Functions Framework. */
final class HttpInvoke implements Revision.Invoke {
  private final HttpFunction function;

  HttpInvoke(HttpFunction function) {
    this.function = function;
  }

  @Override
  public void invoke(Exchange exchange) throws Exception {
    exchange.enter();
    HttpReply reply = new HttpReply(exchange);
    function.service(new HttpCall(exchange), reply);
    reply.finish();
  }
}
