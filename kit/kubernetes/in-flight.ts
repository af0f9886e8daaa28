export interface Flight extends Disposable {
  readonly signal: AbortSignal;
}

/** What runs now: each has a signal of its own that follows the caller's, a time limit and the end of all. Nothing is held once a flight is disposed of. */
export function createInFlight() {
  const flights = new Set<AbortController>();
  return {
    begin({ signal, timeoutMs }: { signal?: AbortSignal | undefined; timeoutMs?: number }): Flight {
      signal?.throwIfAborted();
      const controller = new AbortController();
      const follow = () => controller.abort(signal?.reason);
      const limit = () => controller.abort(new Error(`it took longer than ${timeoutMs} ms`));
      const timer = timeoutMs === undefined ? undefined : setTimeout(limit, timeoutMs);
      signal?.addEventListener('abort', follow, { once: true });
      flights.add(controller);
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          clearTimeout(timer);
          signal?.removeEventListener('abort', follow);
          flights.delete(controller);
        },
      };
    },
    abortAll(reason: Error): void {
      for (const controller of flights) controller.abort(reason);
    },
  };
}
