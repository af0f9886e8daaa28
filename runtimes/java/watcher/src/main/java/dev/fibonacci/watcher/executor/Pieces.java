package dev.fibonacci.watcher.executor;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.BaseStream;

/** A streamed body, piece by piece. */
interface Pieces extends Closeable {
  /** The next one, null at the end; waits for user code. */
  byte[] next() throws IOException;

  /** {@code source} is closed with it; null: there is none. */
  static Pieces of(Iterator<?> iterator, BaseStream<?, ?> source) {
    return new Pieces() {
      @Override
      public byte[] next() {
        return iterator.hasNext() ? toBytes(iterator.next()) : null;
      }

      @Override
      public void close() {
        if (source != null) source.close();
      }
    };
  }

  static Pieces of(InputStream in) {
    byte[] buffer = new byte[32 * 1024];
    return new Pieces() {
      @Override
      public byte[] next() throws IOException {
        int count = in.read(buffer);
        return count < 0 ? null : count == buffer.length ? buffer : Arrays.copyOf(buffer, count);
      }

      @Override
      public void close() throws IOException {
        in.close();
      }
    };
  }

  private static byte[] toBytes(Object piece) {
    return switch (piece) {
      case CharSequence text -> text.toString().getBytes(StandardCharsets.UTF_8);
      case byte[] bytes -> bytes;
      case null, default -> throw new BadResponse("a stream yields strings or bytes, not " + (piece == null ? "null" : piece.getClass().getSimpleName()) + ".");
    };
  }
}
