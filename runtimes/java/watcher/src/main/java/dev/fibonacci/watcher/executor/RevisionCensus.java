package dev.fibonacci.watcher.executor;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/** How many revisions' classes are in memory: those that were ended and not collected yet, too. */
final class RevisionCensus {
  private final List<WeakReference<RevisionLoader>> loaders = new ArrayList<>();

  synchronized void add(RevisionLoader loader) {
    loaders.add(new WeakReference<>(loader));
  }

  synchronized int count() {
    loaders.removeIf(loader -> loader.refersTo(null));
    return loaders.size();
  }
}
