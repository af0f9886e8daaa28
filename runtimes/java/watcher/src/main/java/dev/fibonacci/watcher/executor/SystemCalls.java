package dev.fibonacci.watcher.executor;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * Redirects calls of {@code System.getenv} and {@code System.exit} in a class file to {@code UserSystem}, which knows each revision's own environment: a running JVM has only one, and cannot change it.
 * Only references in the constant pool change (JVM specification, 4.4).
 */
final class SystemCalls {
  private static final String SYSTEM = "java/lang/System";
  private static final byte[] USER_SYSTEM = "dev/fibonacci/watcher/user/UserSystem".getBytes(StandardCharsets.UTF_8);
  private static final Set<String> REDIRECTED = Set.of("getenv()Ljava/util/Map;", "getenv(Ljava/lang/String;)Ljava/lang/String;", "exit(I)V");
  private static final int UTF8 = 1;
  private static final int CLASS = 7;
  private static final int METHOD = 10;
  private static final int COUNT_AT = 8;
  private static final int POOL_AT = 10;
  private static final int MAX_COUNT = 65_535;

  private final byte[] bytes;
  private final ByteBuffer data;
  private final int count;
  private final int[] at;
  private int poolEnd = POOL_AT;

  private SystemCalls(byte[] bytes) {
    this.bytes = bytes;
    data = ByteBuffer.wrap(bytes);
    count = unsigned(COUNT_AT);
    at = new int[count];
  }

  /** What it cannot read it leaves to the JVM to refuse. */
  static byte[] redirect(byte[] bytes) {
    try {
      return new SystemCalls(bytes).redirected();
    } catch (IndexOutOfBoundsException malformed) {
      return bytes;
    }
  }

  private byte[] redirected() {
    if (!readPool() || count + 2 > MAX_COUNT) return bytes;
    byte[] changed = null;
    for (int entry = 1; entry < count; entry++) {
      if (at[entry] == 0 || bytes[at[entry]] != METHOD || !isRedirected(at[entry])) continue;
      if (changed == null) changed = Arrays.copyOf(bytes, bytes.length);
      ByteBuffer.wrap(changed).putShort(at[entry] + 1, (short) (count + 1));
    }
    return changed == null ? bytes : withUserSystem(changed);
  }

  /** Notes where each entry begins; false for what this does not know. */
  private boolean readPool() {
    for (int entry = 1; entry < count; entry++) {
      at[entry] = poolEnd;
      int tag = bytes[poolEnd];
      int size =
          switch (tag) {
            case UTF8 -> 3 + unsigned(poolEnd + 1);
            case 3, 4, 9, METHOD, 11, 12, 17, 18 -> 5;
            case 5, 6 -> 9;
            case CLASS, 8, 16, 19, 20 -> 3;
            case 15 -> 4;
            default -> 0;
          };
      if (size == 0) return false;
      poolEnd += size;
      if (tag == 5 || tag == 6) entry++;
    }
    return true;
  }

  private boolean isRedirected(int method) {
    if (!utf8(unsigned(at[unsigned(method + 1)] + 1)).equals(SYSTEM)) return false;
    int nameAndType = at[unsigned(method + 3)];
    return REDIRECTED.contains(utf8(unsigned(nameAndType + 1)) + utf8(unsigned(nameAndType + 3)));
  }

  private byte[] withUserSystem(byte[] changed) {
    try {
      ByteArrayOutputStream result = new ByteArrayOutputStream(changed.length + USER_SYSTEM.length + 6);
      DataOutputStream out = new DataOutputStream(result);
      out.write(changed, 0, COUNT_AT);
      out.writeShort(count + 2);
      out.write(changed, POOL_AT, poolEnd - POOL_AT);
      out.writeByte(UTF8);
      out.writeShort(USER_SYSTEM.length);
      out.write(USER_SYSTEM);
      out.writeByte(CLASS);
      out.writeShort(count);
      out.write(changed, poolEnd, changed.length - poolEnd);
      return result.toByteArray();
    } catch (IOException inMemory) {
      throw new UncheckedIOException(inMemory);
    }
  }

  private String utf8(int entry) {
    int from = at[entry];
    return new String(bytes, from + 3, unsigned(from + 1), StandardCharsets.UTF_8);
  }

  private int unsigned(int from) {
    return data.getShort(from) & 0xFFFF;
  }
}
