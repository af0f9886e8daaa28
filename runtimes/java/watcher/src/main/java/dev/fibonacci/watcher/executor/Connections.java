package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.http.Wire;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The connections that are open. */
final class Connections {
  private final Set<Wire> open = ConcurrentHashMap.newKeySet();

  void add(Wire wire) {
    open.add(wire);
  }

  void remove(Wire wire) {
    open.remove(wire);
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  void closeOverdue() {
    for (Wire wire : open) if (wire.isOverdue()) wire.close();
    open.removeIf(wire -> !wire.isOpen());
  }
}
