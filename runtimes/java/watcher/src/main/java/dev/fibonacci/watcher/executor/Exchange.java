package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.LineSplitter;
import dev.fibonacci.watcher.WatcherError;
import dev.fibonacci.watcher.http.ClientGone;
import dev.fibonacci.watcher.http.OwnAnswer;
import dev.fibonacci.watcher.http.RequestBody;
import dev.fibonacci.watcher.http.RequestHead;
import dev.fibonacci.watcher.http.ResponseHead;
import dev.fibonacci.watcher.http.Wire;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** One request and its response on a connection: who may answer it, how the answer is framed, when it must have ended. */
final class Exchange {
  /** The invocation whose user code runs in this thread. */
  static final ScopedValue<Exchange> CURRENT = ScopedValue.newInstance();

  private static final Set<String> OWN_FIELDS = Set.of("connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade", "x-request-id");

  final Wire wire;
  final RequestHead head;
  final String requestId;
  final long arrivedNanos = System.nanoTime();
  final long arrivedMs = System.currentTimeMillis();
  /** Set when it is admitted. */
  Revision revision;

  int slot = -1;
  RequestBody body;
  boolean keepAlive;
  /** User code has seen something of it. */
  volatile boolean entered;

  /** User code may still do something. */
  volatile boolean running;

  volatile boolean timedOut;
  /** Its place is taken by another already; guarded by the admission. */
  boolean freed;

  private final AtomicBoolean claimed = new AtomicBoolean();
  private volatile boolean begun;
  private volatile long timeoutMs;
  private boolean chunked;
  private boolean watched;
  private boolean cancelled;
  private List<Runnable> onCancelled = List.of();
  private Thread thread;
  private LineSplitter output;
  private LineSplitter errorOutput;

  Exchange(Wire wire, RequestHead head) {
    this.wire = wire;
    this.head = head;
    this.requestId = OwnAnswer.requestId(head);
    this.keepAlive = head.keepAlive();
  }

  void admit(Revision by, int inSlot) {
    revision = by;
    slot = inSlot;
    timeoutMs = OwnAnswer.timeoutMs(head, by.order().timeoutMs());
  }

  long timeoutMs() {
    return timeoutMs;
  }

  /** Of {@link System#nanoTime}. */
  long deadlineNanos() {
    return arrivedNanos + timeoutMs * 1_000_000;
  }

  long elapsedNanos() {
    return System.nanoTime() - arrivedNanos;
  }

  void enter() {
    thread = Thread.currentThread();
    running = true;
    entered = true;
  }

  // -- response

  boolean isBegun() {
    return begun;
  }

  /** A whole response at once; the fields are valid and lower-case. */
  void send(int status, List<Map.Entry<String, String>> fields, byte[] bytes) throws ClientGone {
    claim();
    revision.userCodeEnded(this);
    byte[] first = renderHead(status, fields, bytes.length);
    if (hasNoBody(status)) wire.write(first);
    else if (bytes.length < 16_384) wire.write(OwnAnswer.join(first, bytes));
    else wire.write(first, bytes);
  }

  /** Begins a streamed response with its first piece, which may be empty. */
  void begin(int status, List<Map.Entry<String, String>> fields, byte[] piece, int length) throws ClientGone {
    claim();
    if (!hasNoBody(status)) {
      chunked = head.minor() == 1;
      keepAlive &= chunked;
    }
    byte[] first = renderHead(status, fields, -1);
    if (length > 0 && chunked) wire.write(first, ResponseHead.chunkSize(length), exactly(piece, length), ResponseHead.CRLF);
    else if (length > 0 && !hasNoBody(status)) wire.write(first, exactly(piece, length));
    else wire.write(first);
  }

  void write(byte[] piece, int length) throws ClientGone {
    if (timedOut) throw new Abandoned();
    if (length == 0 || head.isHead()) return;
    if (chunked) wire.write(ResponseHead.chunkSize(length), exactly(piece, length), ResponseHead.CRLF);
    else wire.write(exactly(piece, length));
  }

  /** The end of a streamed response. */
  void end() throws ClientGone {
    if (timedOut) throw new Abandoned();
    revision.userCodeEnded(this);
    if (chunked) wire.write(ResponseHead.LAST_CHUNK);
  }

  void sendError(WatcherError error) throws ClientGone {
    claim();
    if (revision != null) revision.userCodeEnded(this);
    wire.write(OwnAnswer.render(error, requestId, !keepAlive, head.isHead()));
  }

  /** Answers in place of user code, or cuts what it has begun; {@code answered} runs then. Waits for a slow client, so not for the monitor's thread. */
  void takeOver(WatcherError error, Runnable answered) {
    boolean cut = !claimed.compareAndSet(false, true);
    try {
      if (!cut) wire.write(OwnAnswer.render(error, requestId, true, head.isHead()));
    } catch (ClientGone gone) {
      cut = true;
    }
    if (cut) wire.close();
    answered.run();
    if (!cut) wire.finish(2);
  }

  /** The process ends: answers if nothing was, and does not wait for the client. */
  void answerLast(WatcherError error) {
    try {
      if (claimed.compareAndSet(false, true)) wire.write(OwnAnswer.render(error, requestId, true, head.isHead()));
    } catch (ClientGone gone) {
      // There is nobody to tell.
    }
  }

  private void claim() {
    if (!claimed.compareAndSet(false, true)) throw new Abandoned();
    if (revision != null) revision.answerBegins(this);
    begun = true;
  }

  private boolean isBodiless(int status) {
    return status == 204 || status == 304;
  }

  private boolean hasNoBody(int status) {
    return isBodiless(status) || head.isHead();
  }

  private byte[] renderHead(int status, List<Map.Entry<String, String>> given, int length) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(given.size() + 3);
    for (Map.Entry<String, String> field : given) {
      if (!OWN_FIELDS.contains(field.getKey()) && !field.getKey().startsWith("fibonacci-")) fields.add(field);
    }
    if (length >= 0 && !isBodiless(status)) fields.add(Map.entry("content-length", Integer.toString(length)));
    else if (chunked) fields.add(Map.entry("transfer-encoding", "chunked"));
    fields.add(Map.entry("x-request-id", requestId));
    if (!keepAlive) fields.add(Map.entry("connection", "close"));
    else if (head.minor() == 0) fields.add(Map.entry("connection", "keep-alive"));
    return ResponseHead.render(status, fields);
  }

  private static byte[] exactly(byte[] bytes, int length) {
    return bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
  }

  // -- cancellation

  synchronized boolean isCancelled() {
    return cancelled;
  }

  void onCancelled(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        onCancelled = new ArrayList<>(onCancelled);
        onCancelled.add(action);
        return;
      }
    }
    action.run();
  }

  /** Tells user code that nobody waits any more. */
  void cancel() {
    List<Runnable> actions;
    synchronized (this) {
      if (cancelled) return;
      cancelled = true;
      actions = onCancelled;
    }
    for (Runnable action : actions) Thread.ofVirtual().start(action);
  }

  /** The deadline has passed: what waits in user code is interrupted. */
  void expire() {
    timedOut = true;
    cancel();
    Thread of = thread;
    if (running && of != null) of.interrupt();
  }

  /** Notices when the client goes away while user code runs (W5.10); the request's body has been read. */
  void watchClient() {
    if (watched || (body != null && !body.isComplete())) return;
    watched = true;
    Thread.ofVirtual().start(() -> {
      if (!wire.readAhead()) cancel();
    });
  }

  // -- output of user code

  LineSplitter output(boolean isError) {
    if (isError) return errorOutput == null ? errorOutput = new LineSplitter() : errorOutput;
    return output == null ? output = new LineSplitter() : output;
  }

  /** What was printed without a line feed. */
  void flushOutput(Journal journal) {
    if (output != null) output.flush((line, cut) -> journal.output("info", requestId, line, cut));
    if (errorOutput != null) errorOutput.flush((line, cut) -> journal.output("error", requestId, line, cut));
  }
}
