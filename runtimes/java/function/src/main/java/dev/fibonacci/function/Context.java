package dev.fibonacci.function;

import java.time.Instant;
import java.util.Optional;

/** What a handler can know of its invocation. */
public interface Context {
  /** The caller's {@code x-request-id}, or a new one. */
  String requestId();

  String namespace();

  String functionName();

  /** Digest of what is served: code, configuration and secrets. */
  String content();

  /** When the caller gives up. */
  Instant deadline();

  /** Milliseconds until the deadline, 0 once it has passed. */
  long remainingMs();

  Log log();

  /** The client went away, or the deadline has passed. */
  boolean isCancelled();

  /** Runs {@code action} once when the invocation is cancelled, at once if it is already. It must not wait. */
  void onCancelled(Runnable action);

  /** The W3C trace parent of the request. */
  Optional<String> traceparent();
}
