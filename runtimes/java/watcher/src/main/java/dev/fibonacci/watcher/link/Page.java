package dev.fibonacci.watcher.link;

import dev.fibonacci.watcher.link.Totals.Outcome;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that supervisor and executor share: counters, a heartbeat and the requests under way. The executor writes (one thread at a time), the supervisor reads: no message a request, and the figures
 * outlive an executor that was killed.
 */
public final class Page {
  /** Requests under way that can be told of after a crash. */
  public static final int SLOTS = 1024;

  private static final int BUCKETS_AT = 8 * 8;
  private static final int DURATION_AT = 8 * 40;
  private static final int HEARTBEAT_AT = 8 * 41;
  private static final int MEMORY_AT = 8 * 42;
  private static final int IN_FLIGHT_AT = 8 * 43;
  private static final int TAKEN_AT = 8 * 44;
  private static final int REVISIONS_AT = 8 * 45;
  private static final int SLOTS_AT = 512;
  private static final int SLOT_BYTES = 8 + 128;
  private static final int BYTES = SLOTS_AT + SLOTS * SLOT_BYTES;

  /**
   * A request that was under way.
   *
   * @param arrivedMs since 1970
   */
  public record Open(String requestId, long arrivedMs) {}

  private final MappedByteBuffer memory;

  private Page(MappedByteBuffer memory) {
    this.memory = memory;
    memory.order(ByteOrder.nativeOrder());
  }

  /** A new one in this file, which may be deleted once both sides have it. */
  public static Page create(Path file) throws IOException {
    return open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  public static Page open(Path file) throws IOException {
    return open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static Page open(Path file, StandardOpenOption... options) throws IOException {
    try (FileChannel channel = FileChannel.open(file, options)) {
      return new Page(channel.map(MapMode.READ_WRITE, 0, BYTES));
    }
  }

  // -- the executor's side

  /** {@code revisions} are those whose classes are still in memory. */
  public void beat(long memoryBytes, int revisions) {
    add(HEARTBEAT_AT, 1);
    memory.putLong(MEMORY_AT, memoryBytes);
    memory.putLong(REVISIONS_AT, revisions);
  }

  public void refused() {
    add(8 * Outcome.REFUSED.ordinal(), 1);
  }

  public void count(Outcome outcome, long nanos) {
    add(8 * outcome.ordinal(), 1);
    add(BUCKETS_AT + 8 * Totals.bucketOf(nanos), 1);
    add(DURATION_AT, nanos);
  }

  public void setInFlight(int number) {
    memory.putLong(IN_FLIGHT_AT, number);
  }

  /** It accepts no connection at the moment. */
  public void setTaken(boolean taken) {
    memory.putLong(TAKEN_AT, taken ? 1 : 0);
  }

  public void openSlot(int slot, String requestId, long arrivedMs) {
    int at = SLOTS_AT + slot * SLOT_BYTES;
    byte[] id = requestId.getBytes(StandardCharsets.ISO_8859_1);
    memory.put(at + 8, id, 0, id.length);
    if (id.length < 128) memory.put(at + 8 + id.length, (byte) 0);
    memory.putLong(at, arrivedMs);
  }

  public void closeSlot(int slot) {
    memory.putLong(SLOTS_AT + slot * SLOT_BYTES, 0);
  }

  // -- the supervisor's side

  public long heartbeat() {
    return memory.getLong(HEARTBEAT_AT);
  }

  public long memoryBytes() {
    return memory.getLong(MEMORY_AT);
  }

  public int inFlight() {
    return (int) memory.getLong(IN_FLIGHT_AT);
  }

  public boolean isTaken() {
    return memory.getLong(TAKEN_AT) != 0;
  }

  public int revisions() {
    return (int) memory.getLong(REVISIONS_AT);
  }

  public Totals totals() {
    Totals totals = new Totals();
    for (int i = 0; i < totals.outcomes.length; i++) totals.outcomes[i] = memory.getLong(8 * i);
    for (int i = 0; i < Totals.BUCKETS; i++) totals.buckets[i] = memory.getLong(BUCKETS_AT + 8 * i);
    totals.durationNanos = memory.getLong(DURATION_AT);
    return totals;
  }

  public List<Open> openRequests() {
    List<Open> open = new ArrayList<>();
    for (int slot = 0; slot < SLOTS; slot++) {
      int at = SLOTS_AT + slot * SLOT_BYTES;
      long arrivedMs = memory.getLong(at);
      if (arrivedMs == 0) continue;
      byte[] id = new byte[128];
      memory.get(at + 8, id);
      int length = 0;
      while (length < id.length && id[length] != 0) length++;
      open.add(new Open(new String(id, 0, length, StandardCharsets.ISO_8859_1), arrivedMs));
    }
    return open;
  }

  private void add(int at, long amount) {
    memory.putLong(at, memory.getLong(at) + amount);
  }
}
