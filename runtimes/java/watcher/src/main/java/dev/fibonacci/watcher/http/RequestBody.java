package dev.fibonacci.watcher.http;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A request body without its framing. {@code 100 Continue} is sent with the first read, so only for a request that was accepted. */
public final class RequestBody extends InputStream {
  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int MAX_LINE = 4096;
  private static final int MAX_TRAILERS = 8192;
  private static final int PIECE = 64 * 1024;

  private final Wire wire;
  private final RequestHead head;
  private long limit;
  private boolean started;
  private boolean complete;
  private boolean insideChunk;
  private long left;
  private long total;

  /** @throws WatcherError BODY_TOO_LARGE if that much is announced */
  public RequestBody(Wire wire, RequestHead head, long limit) {
    this.wire = wire;
    this.head = head;
    this.limit = limit;
    this.left = head.contentLength();
    this.complete = !head.hasBody();
    if (left > limit) throw tooLarge();
  }

  /** All of it was read; the next request may follow on the wire. */
  public boolean isComplete() {
    return complete;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  /** @throws WatcherError BODY_TOO_LARGE, BAD_REQUEST */
  @Override
  public int read(byte[] target, int from, int count) throws IOException {
    if (count == 0) return 0;
    if (!started) start();
    if (left == 0 && !complete) {
      if (head.chunked()) nextChunk();
      else complete = true;
    }
    if (complete) return -1;
    int taken = wire.read(target, from, (int) Math.min(count, left));
    if (taken < 0) throw new ClientGone(null);
    left -= taken;
    total += taken;
    if (total > limit) throw tooLarge();
    if (left == 0 && !head.chunked()) complete = true;
    return taken;
  }

  /** The whole body, of no more than this. @throws WatcherError BODY_TOO_LARGE, BAD_REQUEST */
  public byte[] readWhole(long most) throws IOException {
    limit = most;
    return readWhole();
  }

  /** The whole body; grows as it comes, so that an announced length alone costs nothing. */
  public byte[] readWhole() throws IOException {
    if (complete) return new byte[0];
    byte[] whole = new byte[(int) Math.min(head.chunked() ? PIECE : left, 16 * PIECE)];
    int length = 0;
    while (true) {
      int count = read(whole, length, whole.length - length);
      if (count > 0) length += count;
      if (complete || count < 0) return length == whole.length ? whole : Arrays.copyOf(whole, length);
      if (length == whole.length) whole = Arrays.copyOf(whole, (int) Math.min(2L * whole.length, Math.min(Integer.MAX_VALUE - 8L, head.chunked() ? Long.MAX_VALUE : head.contentLength())));
    }
  }

  private void start() throws IOException {
    started = true;
    if (head.expectsContinue() && !complete) wire.write(CONTINUE);
  }

  private void nextChunk() throws IOException {
    if (insideChunk && line().length != 0) throw HeadParser.malformed("a chunk does not end with CRLF");
    insideChunk = true;
    left = chunkSize(line());
    if (total + left > limit) throw tooLarge();
    if (left > 0) return;
    for (int size = 0; size <= MAX_TRAILERS; ) {
      byte[] trailer = line();
      if (trailer.length == 0) {
        complete = true;
        return;
      }
      size += trailer.length;
    }
    throw HeadParser.malformed("too many trailers");
  }

  private byte[] line() throws IOException {
    byte[] line = wire.readLine(MAX_LINE);
    if (line == null) throw new ClientGone(null);
    return line;
  }

  private static long chunkSize(byte[] line) {
    int digits = 0;
    long size = 0;
    for (; digits < line.length && Character.digit(line[digits], 16) >= 0; digits++) {
      if (digits == 15) throw badSize();
      size = size * 16 + Character.digit(line[digits], 16);
    }
    int at = digits;
    while (at < line.length && (line[at] == ' ' || line[at] == '\t')) at++;
    if (digits == 0 || (at < line.length && line[at] != ';')) throw badSize();
    for (; at < line.length; at++) if ((line[at] >= 0 && line[at] < ' ' && line[at] != '\t') || line[at] == 127) throw badSize();
    return size;
  }

  private WatcherError tooLarge() {
    return new WatcherError(ErrorCode.BODY_TOO_LARGE, "The body is larger than the " + limit + " bytes that this function takes.");
  }

  private static WatcherError badSize() {
    return HeadParser.malformed("a chunk's size is not a hexadecimal number");
  }
}
