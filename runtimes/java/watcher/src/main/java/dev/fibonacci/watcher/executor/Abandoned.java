package dev.fibonacci.watcher.executor;

/** The request was answered or cut by the watcher; whatever user code still says is void. */
final class Abandoned extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Abandoned() {
    super("The request has been answered already.", null, false, false);
  }
}
