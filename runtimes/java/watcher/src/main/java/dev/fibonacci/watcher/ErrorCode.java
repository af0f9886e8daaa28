package dev.fibonacci.watcher;

/** The codes that the watcher answers with, as in {@code protocol/errors.ts}, and the status that each has on the data port. */
public enum ErrorCode {
  BAD_REQUEST(400),
  BAD_JSON(400),
  BAD_CLOUDEVENT(400),
  TOKEN_INVALID(401),
  NOT_FOUND(404),
  METHOD_NOT_ALLOWED(405),
  ALREADY_SPECIALIZED(409),
  STALE_EPOCH(409),
  STALE_GENERATION(409),
  BODY_TOO_LARGE(413),
  PACKAGE_TOO_LARGE(413),
  HEADERS_TOO_LARGE(431),
  INTERNAL(500),
  FUNCTION_ERROR(502),
  FUNCTION_CRASHED(502),
  FUNCTION_BAD_RESPONSE(502),
  LOAD_FAILED(502),
  PACKAGE_INVALID(502),
  MEMORY_LIMIT(502),
  NOT_SPECIALIZED(503, "This instance has no function yet; send the request to another one."),
  DRAINING(503, "This instance is ending; send the request to another one."),
  EXECUTOR_UNAVAILABLE(503, "This instance is starting an executor; send the request to another one."),
  EXECUTOR_RETIRED(503, "This connection belongs to an executor that was replaced; send the request on a new one."),
  CONCURRENCY_LIMIT(503, "This instance runs as many requests as it takes; send the request to another one."),
  FUNCTION_TIMEOUT(504);

  private final int status;
  private final String refusal;

  ErrorCode(int status) {
    this(status, null);
  }

  ErrorCode(int status, String refusal) {
    this.status = status;
    this.refusal = refusal;
  }

  public int status() {
    return status;
  }

  /** The control port's caller pushed something that cannot be taken (W3.2, W3.4, W4.3). */
  public int controlStatus() {
    return switch (this) {
      case LOAD_FAILED, PACKAGE_INVALID -> 422;
      case NOT_SPECIALIZED, DRAINING -> 409;
      default -> status;
    };
  }

  /** User code has seen nothing of a request that is answered with it (W5.1). */
  public boolean isRefusal() {
    return refusal != null;
  }

  /** The answer to a request that is refused with it. */
  public WatcherError refusal() {
    return new WatcherError(this, refusal);
  }
}
