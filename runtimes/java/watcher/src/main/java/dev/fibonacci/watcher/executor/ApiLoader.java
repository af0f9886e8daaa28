package dev.fibonacci.watcher.executor;

import java.util.List;

/** What user code sees beside its own classes: the platform's and the API. The watcher's libraries stay hidden, so that a function may bring its own version of them. */
final class ApiLoader extends ClassLoader {
  private static final List<String> API = List.of("dev.fibonacci.function.", "dev.fibonacci.watcher.user.", "com.google.cloud.functions.", "io.cloudevents.");

  ApiLoader() {
    super("fibonacci-api", ClassLoader.getPlatformClassLoader());
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    for (String prefix : API) if (name.startsWith(prefix)) return ApiLoader.class.getClassLoader().loadClass(name);
    throw new ClassNotFoundException(name);
  }
}
