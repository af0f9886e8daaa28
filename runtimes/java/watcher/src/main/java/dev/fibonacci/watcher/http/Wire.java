package dev.fibonacci.watcher.http;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One connection: bytes in, with those that came too early kept, and bytes out. One thread reads, any may write or close.
 * It has no time limits of its own: whoever owns it closes it once {@link #isOverdue}.
 */
public final class Wire {
  private static final int FIRST_BYTES = 4096;
  private static final int MAX_BYTES = HeadParser.MAX_HEAD_BYTES + 4;
  private static final long NEVER = Long.MAX_VALUE;

  private final SocketChannel channel;
  private final ReentrantLock reading = new ReentrantLock();
  private byte[] buffer = new byte[FIRST_BYTES];
  private int start;
  private int end;
  private boolean ended;
  private volatile long closeAt = NEVER;

  public Wire(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(true);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
  }

  // -- limits

  public void limit(long seconds) {
    closeAt = System.nanoTime() / 1_000_000 + seconds * 1000;
  }

  public void unlimited() {
    closeAt = NEVER;
  }

  public boolean isOverdue() {
    return closeAt != NEVER && System.nanoTime() / 1_000_000 > closeAt;
  }

  public boolean isOpen() {
    return channel.isOpen();
  }

  // -- in

  /**
   * The next request's head; null if the client ends or is silent for too long.
   *
   * @param idleSeconds until the first byte
   * @param headSeconds from then on
   * @throws WatcherError BAD_REQUEST, HEADERS_TOO_LARGE
   */
  public RequestHead readHead(long idleSeconds, long headSeconds) throws IOException {
    skipEmptyLines();
    limit(start < end ? headSeconds : idleSeconds);
    int scanned = start;
    while (true) {
      int found = findHeadEnd(scanned);
      if (found >= 0) {
        unlimited();
        RequestHead head = HeadParser.parse(buffer, start, found);
        start = found + 4;
        return head;
      }
      if (end - start > HeadParser.MAX_HEAD_BYTES) throw new WatcherError(ErrorCode.HEADERS_TOO_LARGE, "The request's head is larger than " + HeadParser.MAX_HEAD_BYTES + " bytes.");
      boolean first = start == end;
      int offset = Math.max(0, end - 3 - start);
      if (!fill()) return null;
      if (first) {
        skipEmptyLines();
        limit(headSeconds);
      }
      scanned = Math.min(start + offset, end);
    }
  }

  private void skipEmptyLines() {
    while (end - start >= 2 && buffer[start] == '\r' && buffer[start + 1] == '\n') start += 2;
  }

  private int findHeadEnd(int from) {
    for (int i = from; i + 3 < end; i++) {
      if (buffer[i] == '\r' && buffer[i + 1] == '\n' && buffer[i + 2] == '\r' && buffer[i + 3] == '\n') return i;
    }
    return -1;
  }

  /** Up to {@code count} bytes, those that are here first; -1 at the end. Waits for one at least. */
  public int read(byte[] target, int from, int count) throws IOException {
    if (count == 0) return 0;
    if (start == end && count >= FIRST_BYTES) return readChannel(ByteBuffer.wrap(target, from, count));
    if (start == end && !fill()) return -1;
    int taken = Math.min(count, end - start);
    System.arraycopy(buffer, start, target, from, taken);
    start += taken;
    return taken;
  }

  /** A line without its CRLF, at most {@code limit} bytes; null at the end. @throws WatcherError BAD_REQUEST if it is longer */
  byte[] readLine(int limit) throws IOException {
    int scanned = start;
    while (true) {
      for (int i = scanned; i + 1 < end; i++) {
        if (buffer[i] != '\r' || buffer[i + 1] != '\n') continue;
        byte[] line = Arrays.copyOfRange(buffer, start, i);
        start = i + 2;
        return line;
      }
      if (end - start > limit) throw HeadParser.malformed("a chunk's size line or a trailer is too long");
      int offset = Math.max(0, end - 1 - start);
      if (!fill()) return null;
      scanned = start + offset;
    }
  }

  /** Reads ahead, into the buffer; false once the client has ended its side. Another read waits for it, and finds what it brought. */
  public boolean readAhead() {
    reading.lock();
    try {
      return end - start >= MAX_BYTES / 2 || fill();
    } catch (IOException error) {
      return false;
    } finally {
      reading.unlock();
    }
  }

  /** Waits for a read-ahead that is under way. */
  public void awaitReadAhead() {
    reading.lock();
    reading.unlock();
  }

  private boolean fill() throws IOException {
    if (start == end) {
      start = 0;
      end = 0;
    } else if (end == buffer.length && start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) buffer = Arrays.copyOf(buffer, Math.min(MAX_BYTES + FIRST_BYTES, 2 * buffer.length));
    int count = readChannel(ByteBuffer.wrap(buffer, end, buffer.length - end));
    if (count > 0) end += count;
    return count > 0;
  }

  private int readChannel(ByteBuffer target) throws IOException {
    int count = ended ? -1 : channel.read(target);
    ended = count < 0;
    return count;
  }

  // -- out

  /** All of it; waits for a slow client. */
  public void write(byte[]... parts) throws ClientGone {
    try {
      if (parts.length == 1) {
        ByteBuffer only = ByteBuffer.wrap(parts[0]);
        while (only.hasRemaining()) channel.write(only);
        return;
      }
      ByteBuffer[] buffers = new ByteBuffer[parts.length];
      long left = 0;
      for (int i = 0; i < parts.length; i++) {
        buffers[i] = ByteBuffer.wrap(parts[i]);
        left += parts[i].length;
      }
      while (left > 0) left -= channel.write(buffers);
    } catch (IOException error) {
      throw new ClientGone(error);
    }
  }

  /** Ends our side and lets the client read what was sent: closing with unread input would take the answer from it. Then closes. */
  public void finish(long seconds) {
    limit(seconds);
    try {
      channel.shutdownOutput();
      byte[] dropped = new byte[FIRST_BYTES];
      while (!isOverdue() && readChannel(ByteBuffer.wrap(dropped)) >= 0);
    } catch (IOException error) {
      // It is closed already, by the client or by its limit.
    } finally {
      close();
    }
  }

  public void close() {
    try {
      channel.close();
    } catch (IOException error) {
      // It is of no use any more either way.
    }
  }
}
