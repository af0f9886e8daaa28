package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;

/** What to do with a push: pure, from what the watcher is and what it is asked (W3.3, W3.6, W4.3). */
enum PushDecision {
  LOAD,
  /** It is served already. */
  SAME;

  /**
   * @param owner the marker's function; null if there is none
   * @param served null if nothing is
   * @throws WatcherError DRAINING, ALREADY_SPECIALIZED, NOT_SPECIALIZED or STALE_GENERATION
   */
  static PushDecision of(FunctionRef owner, LoadDocument served, boolean draining, boolean isUpdate, LoadDocument asked) {
    if (owner != null && !owner.uid().equals(asked.function().uid())) {
      throw new WatcherError(ErrorCode.ALREADY_SPECIALIZED, "This instance belongs to another function for life; take another instance.");
    }
    if (isUpdate && served == null) throw new WatcherError(ErrorCode.NOT_SPECIALIZED, "This instance serves no function yet; specialize it first.");
    if (served != null && served.generation() == asked.generation() && served.content().equals(asked.content())) return SAME;
    if (served != null && asked.generation() <= served.generation()) {
      throw new WatcherError(ErrorCode.STALE_GENERATION, "This instance has generation " + served.generation() + "; " + asked.generation() + " is not newer.");
    }
    if (draining) throw new WatcherError(ErrorCode.DRAINING, "This instance is ending and takes no code any more.");
    return LOAD;
  }
}
