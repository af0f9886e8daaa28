package dev.fibonacci.watcher.link;

import dev.fibonacci.watcher.Json;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Supervisor and executor talk over a socket of their own, in frames: kind, length, payload. It closes with either. */
public final class Link implements AutoCloseable {
  private static final int MAX_PAYLOAD = 16 * 1024 * 1024;
  private static final byte[] NOTHING = {};

  /** What a frame says. */
  public enum Kind {
    /** To the executor: load a revision ({@link Order}); new requests go to it. */
    LOAD,
    /** Refuse requests with this code from now on; {@link #IDLE} comes when nothing is under way. */
    CLOSE,
    /** End by yourself. */
    END,
    /** From the executor: the revision serves; its timings. */
    LOADED,
    /** It could not be loaded: code, message, details. */
    FAILED,
    /** It refuses requests, as it was told. */
    CLOSED,
    /** Log lines, to be printed as they are. */
    LOG,
    /** A revision before the current one has nothing under way any more: its folder. */
    ENDED,
    /** Nothing is under way, and nothing will be. */
    IDLE,
    /** A deadline passed in user code: it refuses requests already. */
    OVERRUN,
    /** User code ends the process. */
    EXITING,
    /** Process mode: an invocation has begun. */
    BUSY,
    /** Process mode: it may take another. */
    FREE
  }

  /** Hears frames, one after the other. */
  public interface Listener {
    void heard(Kind kind, byte[] payload);
  }

  private static final Kind[] KINDS = Kind.values();
  private final SocketChannel channel;
  private final ReentrantLock writing = new ReentrantLock();

  public Link(SocketChannel channel) {
    this.channel = channel;
  }

  /** Waits until it is on its way. A link that is closed takes it and does nothing. */
  public void send(Kind kind, byte[] payload) {
    ByteBuffer head = ByteBuffer.allocate(5).put((byte) kind.ordinal()).putInt(payload.length).flip();
    ByteBuffer[] frame = {head, ByteBuffer.wrap(payload)};
    writing.lock();
    try {
      while (head.hasRemaining() || frame[1].hasRemaining()) channel.write(frame);
    } catch (IOException error) {
      close();
    } finally {
      writing.unlock();
    }
  }

  public void send(Kind kind) {
    send(kind, NOTHING);
  }

  public void send(Kind kind, Map<String, ?> payload) {
    send(kind, Json.render(payload).getBytes(StandardCharsets.UTF_8));
  }

  public void send(Kind kind, String payload) {
    send(kind, payload.getBytes(StandardCharsets.UTF_8));
  }

  /** Hears all that comes until the link closes. */
  public void listen(Listener listener) {
    try {
      DataInputStream in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024));
      while (true) {
        int kind = in.read();
        if (kind < 0 || kind >= KINDS.length) return;
        int length = in.readInt();
        if (length < 0 || length > MAX_PAYLOAD) return;
        byte[] payload = new byte[length];
        in.readFully(payload);
        listener.heard(KINDS[kind], payload);
      }
    } catch (IOException error) {
      // The other side has gone.
    } finally {
      close();
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException error) {
      // It is closed then.
    }
  }
}
