package dev.fibonacci.watcher.executor;

/** Carries what user code threw while it was loaded. */
final class LoadingThrew extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LoadingThrew(Throwable cause) {
    super(null, cause, false, false);
  }
}
