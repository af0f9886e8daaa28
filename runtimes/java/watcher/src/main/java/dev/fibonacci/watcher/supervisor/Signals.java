package dev.fibonacci.watcher.supervisor;

import java.lang.reflect.Proxy;
import java.util.Map;

/** Signals that end the watcher. The JVM's class for them is no public API, so it is looked up; without it a signal ends the watcher at once. */
final class Signals {
  private Signals() {}

  static void on(String name, Runnable action, Log log) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy = Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
        if (method.getName().equals("handle")) action.run();
        return null;
      });
      signal.getMethod("handle", signal, handler).invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException | IllegalArgumentException error) {
      log.warn("a signal cannot be handled", Map.of("signal", name, "error", error.toString()));
    }
  }
}
