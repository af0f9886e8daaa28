package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.LogLine;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;

/** The watcher's log on standard output. Lines wait in a bounded queue for a thread that writes, so that a slow reader blocks nobody; what does not fit is dropped and counted. */
final class Log {
  private static final int MAX_PENDING_BYTES = 8 * 1024 * 1024;

  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
  private final Queue<byte[]> queue = new ArrayDeque<>();
  private final Thread writer;
  private long pending;
  private long dropped;
  private boolean closing;

  Log() {
    writer = Thread.ofPlatform().daemon().name("log").start(this::run);
  }

  void info(String message, Map<String, ?> fields) {
    put(LogLine.render("info", message, fields));
  }

  void warn(String message, Map<String, ?> fields) {
    put(LogLine.render("warn", message, fields));
  }

  void error(String message, Map<String, ?> fields) {
    put(LogLine.render("error", message, fields));
  }

  /** Whole lines. */
  synchronized void put(byte[] lines) {
    if (pending + lines.length > MAX_PENDING_BYTES) {
      dropped++;
      return;
    }
    queue.add(lines);
    pending += lines.length;
    notifyAll();
  }

  /** Writes what waits, as far as the reader takes it in time. */
  void close(long milliseconds) {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
    try {
      writer.join(milliseconds);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      byte[] lines = take();
      while (lines != null) {
        out.write(lines);
        lines = take();
      }
    } catch (IOException | InterruptedException gone) {
      // A reader that goes away is no reason to stop serving.
    }
  }

  private synchronized byte[] take() throws InterruptedException {
    while (queue.isEmpty() && !closing) wait();
    byte[] lines = queue.poll();
    if (lines == null) return null;
    pending -= lines.length;
    if (dropped > 0 && queue.isEmpty()) {
      long number = dropped;
      dropped = 0;
      warn("log lines dropped", Map.of("lines", number));
    }
    return lines;
  }
}
