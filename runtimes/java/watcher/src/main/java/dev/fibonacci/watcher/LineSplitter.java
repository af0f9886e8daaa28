package dev.fibonacci.watcher;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Output of user code as lines of at most 64 KiB; the rest of a longer one is dropped (W8.1). Not for several threads at once. */
public final class LineSplitter {
  public static final int MAX_LINE_BYTES = 64 * 1024;

  /** Takes a line, and whether it was cut. */
  public interface Sink {
    void line(String line, boolean truncated);
  }

  private byte[] begun = new byte[128];
  private int length;
  private boolean truncated;

  public void feed(byte[] bytes, int from, int count, Sink sink) {
    int start = from;
    int end = from + count;
    for (int at = from; at < end; at++) {
      if (bytes[at] != '\n') continue;
      append(bytes, start, at - start);
      take(sink);
      start = at + 1;
    }
    append(bytes, start, end - start);
  }

  /** A last line without its end. */
  public void flush(Sink sink) {
    if (length > 0) take(sink);
  }

  private void append(byte[] bytes, int from, int count) {
    int taken = Math.min(count, MAX_LINE_BYTES - length);
    truncated |= taken < count;
    if (length + taken > begun.length) begun = Arrays.copyOf(begun, Math.min(MAX_LINE_BYTES, Math.max(length + taken, 2 * begun.length)));
    System.arraycopy(bytes, from, begun, length, taken);
    length += taken;
  }

  private void take(Sink sink) {
    int end = length;
    if (truncated) while (end > 0 && (begun[end - 1] & 0xC0) == 0x80) end--;
    if (truncated && end > 0 && (begun[end - 1] & 0xC0) == 0xC0) end--;
    else end = length;
    boolean carriageReturn = !truncated && end > 0 && begun[end - 1] == '\r';
    sink.line(new String(begun, 0, carriageReturn ? end - 1 : end, StandardCharsets.UTF_8), truncated);
    if (begun.length > 8192) begun = new byte[128];
    length = 0;
    truncated = false;
  }
}
