package dev.fibonacci.watcher.user;

import java.util.Map;

/** What a revision's class loader knows of the world that its code runs in. */
public interface Surroundings {
  Map<String, String> environment();

  /** The code is being loaded: it must not end the process, which may be serving. */
  boolean isLoading();
}
