package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The package format (W3.2): all is checked before the first file is written. */
final class CodePackage {
  private static final int MAX_FILES = 10_000;
  private static final int MAX_PATH_BYTES = 512;
  private static final int MAX_PART_BYTES = 255;

  private record Entry(String path, int from, int end) {}

  private final byte[] bytes;
  private final List<Entry> entries;

  private CodePackage(byte[] bytes, List<Entry> entries) {
    this.bytes = bytes;
    this.entries = entries;
  }

  /** {@code bytes} from {@code at} on. @throws WatcherError PACKAGE_INVALID */
  static CodePackage check(byte[] bytes, int at, String digest, long size) {
    int length = bytes.length - at;
    if (length != size) throw invalid("it has " + length + " bytes, not the " + size + " announced");
    if (!digest.equals(digestOf(bytes, at))) throw invalid("its digest is another one");
    int lineEnd = at;
    while (lineEnd < bytes.length && bytes[lineEnd] != '\n') lineEnd++;
    if (lineEnd == bytes.length) throw invalid("its first line is missing");
    List<Entry> entries = new ArrayList<>();
    long offset = lineEnd + 1L;
    byte[] previous = {};
    for (Object each : manifest(bytes, at, lineEnd)) {
      if (!(each instanceof Map<?, ?> entry && entry.get("path") instanceof String path && entry.get("size") instanceof Long fileSize && fileSize >= 0)) throw invalid(FORM);
      byte[] key = checkPath(path);
      if (Arrays.compareUnsigned(key, previous) <= 0) throw invalid("paths are not sorted, or " + shown(path) + " is there twice");
      previous = key;
      if (fileSize > bytes.length - offset) throw invalid(SIZES);
      entries.add(new Entry(path, (int) offset, (int) (offset + fileSize)));
      offset += fileSize;
    }
    if (offset != bytes.length) throw invalid(SIZES);
    checkFolders(entries);
    return new CodePackage(bytes, entries);
  }

  private static final String FORM = "its first line is not {\"format\":1,\"files\":[{\"path\",\"size\"}…]}";
  private static final String SIZES = "the files’ sizes do not add up to its own";

  /** Into a folder that is new. Files only, no modes, no links. */
  void unpack(Path folder) throws IOException {
    Files.createDirectories(folder);
    Set<Path> made = new HashSet<>();
    for (Entry entry : entries) {
      Path file = folder.resolve(entry.path);
      if (made.add(file.getParent())) Files.createDirectories(file.getParent());
      try (SeekableByteChannel out = Files.newByteChannel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer data = ByteBuffer.wrap(bytes, entry.from, entry.end - entry.from);
        while (data.hasRemaining()) out.write(data);
      }
    }
  }

  private static String digestOf(byte[] bytes, int at) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(bytes, at, bytes.length - at);
      return "sha256:" + HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
  }

  private static List<?> manifest(byte[] bytes, int from, int end) {
    Map<String, Object> header;
    try {
      header = Json.parseObject(bytes, from, end - from);
    } catch (IllegalArgumentException error) {
      throw invalid("its first line is no JSON object");
    }
    if (!(header.get("format") instanceof Long format && format == 1 && header.get("files") instanceof List<?> files)) throw invalid(FORM);
    if (files.size() > MAX_FILES) throw invalid("it has " + files.size() + " files, more than " + MAX_FILES);
    return files;
  }

  private static byte[] checkPath(String path) {
    byte[] key = path.getBytes(StandardCharsets.UTF_8);
    boolean isUnicode = new String(key, StandardCharsets.UTF_8).equals(path);
    if (key.length == 0 || key.length > MAX_PATH_BYTES || path.contains("\\") || path.contains("\0") || !isUnicode || !Normalizer.isNormalized(path, Normalizer.Form.NFC)) {
      throw invalid("the path " + shown(path) + " is empty, too long, not NFC, or holds a backslash or NUL");
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || part.getBytes(StandardCharsets.UTF_8).length > MAX_PART_BYTES) {
        throw invalid("the path " + shown(path) + " is not relative, or has an empty, `.`, `..` or too long part");
      }
    }
    return key;
  }

  private static void checkFolders(List<Entry> entries) {
    Set<String> paths = new HashSet<>();
    for (Entry entry : entries) paths.add(entry.path);
    for (String path : paths) {
      for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        if (paths.contains(path.substring(0, slash))) throw invalid(shown(path.substring(0, slash)) + " is a file and a folder");
      }
    }
  }

  private static String shown(String path) {
    return Json.render(path.length() > 100 ? path.substring(0, 100) : path);
  }

  private static WatcherError invalid(String problem) {
    return new WatcherError(ErrorCode.PACKAGE_INVALID, "The package is refused: " + problem + ".");
  }
}
