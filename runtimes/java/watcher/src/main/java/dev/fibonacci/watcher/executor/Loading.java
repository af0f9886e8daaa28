package dev.fibonacci.watcher.executor;

import com.google.gson.Gson;
import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.link.Order;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;

/** Makes a revision of an order: its classes, its handler, and the way to call it (W3.4). */
final class Loading {
  /** Updates that come faster than ended revisions are collected by themselves must not look like revisions that never end. */
  private static final int MANY_REVISIONS = 12;

  private final ClassLoader api;
  private final RevisionCensus census;

  Loading(ClassLoader api, RevisionCensus census) {
    this.api = api;
    this.census = census;
  }

  /** @throws WatcherError LOAD_FAILED with file and line where the stack tells */
  Revision load(Order order, Journal journal) {
    if (census.count() >= MANY_REVISIONS) System.gc();
    RevisionLoader loader = new RevisionLoader(Path.of(order.folder()), api, Collections.unmodifiableMap(order.environment()));
    census.add(loader);
    Thread thread = Thread.currentThread();
    thread.setContextClassLoader(loader);
    try {
      UserHandler handler = UserHandler.find(loader, order.handler());
      Revision.Invoke invoke =
          switch (order.signature()) {
            case "event" -> eventInvoke(order, journal, handler);
            case "http" -> new HttpInvoke(handler.forHttp());
            default -> throw failed("The signature " + order.signature() + " does not exist for Java; use event or http.");
          };
      loader.loaded();
      return new Revision(order, loader, invoke, handler.closeable());
    } catch (WatcherError error) {
      loader.close();
      throw error;
    } catch (Throwable thrown) {
      loader.close();
      Throwable cause = Failure.unwrap(thrown);
      throw new WatcherError(ErrorCode.LOAD_FAILED, Failure.describe(cause), Failure.placeOf(cause, loader));
    } finally {
      thread.setContextClassLoader(null);
    }
  }

  private static Revision.Invoke eventInvoke(Order order, Journal journal, UserHandler handler) {
    Gson gson = UserJson.create();
    UserHandler.EventCall call = handler.forEvents();
    return new EventInvoke(order, journal, call, new EventArgument(call.argument(), gson), new Results(gson));
  }

  static WatcherError failed(String message) {
    return new WatcherError(ErrorCode.LOAD_FAILED, message, Map.of());
  }
}
