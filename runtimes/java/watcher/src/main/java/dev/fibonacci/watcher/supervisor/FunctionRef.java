package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** A function, and the marker of the one that this instance belongs to for life (W3.3). */
record FunctionRef(String namespace, String name, String uid) {
  private static final String MARKER = "function.json";

  /** {@code <namespace>/<name>}, as in labels and logs. */
  String fullName() {
    return namespace + "/" + name;
  }

  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("namespace", namespace);
    json.put("name", name);
    json.put("uid", uid);
    return json;
  }

  /** Null if there is no marker. @throws IOException if there is one that cannot be read */
  static FunctionRef readMarker(Path scratch) throws IOException {
    try {
      byte[] bytes = Files.readAllBytes(scratch.resolve(MARKER));
      Map<String, Object> json = Json.parseObject(bytes, 0, bytes.length);
      if (json.get("namespace") instanceof String namespace && json.get("name") instanceof String name && json.get("uid") instanceof String uid) return new FunctionRef(namespace, name, uid);
    } catch (NoSuchFileException absent) {
      return null;
    } catch (IllegalArgumentException error) {
      // Told below.
    }
    throw new IOException(MARKER + " in the scratch folder does not name a function");
  }

  /** Durable when it returns: the file and its name are on the disk. */
  void writeMarker(Path scratch) throws IOException {
    Path draft = scratch.resolve("." + MARKER);
    try (FileChannel file = FileChannel.open(draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(Json.render(toJson()).getBytes(StandardCharsets.UTF_8)));
      file.force(true);
    }
    Files.move(draft, scratch.resolve(MARKER), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel folder = FileChannel.open(scratch, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }
}
