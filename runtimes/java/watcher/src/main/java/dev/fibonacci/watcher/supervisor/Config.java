package dev.fibonacci.watcher.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The watcher's environment (W1.1).
 *
 * @param publicKey 32 raw bytes of an Ed25519 key
 */
record Config(String instance, Path scratch, byte[] publicKey, String host, int dataPort, int controlPort, OptionalLong memoryLimitBytes) {
  private static final Pattern INSTANCE = Pattern.compile("[A-Za-z0-9._:/-]{1,253}");

  /** Every problem by the name of its variable and the rule, never the value (W1.4). */
  static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient List<String> problems;

    Invalid(List<String> problems) {
      super(String.join("; ", problems));
      this.problems = problems;
    }

    List<String> problems() {
      return problems;
    }
  }

  /** Makes the scratch folder if it is missing. */
  static Config parse(Map<String, String> environment) throws Invalid {
    List<String> problems = new ArrayList<>();
    String instance = environment.getOrDefault("FIB_INSTANCE", "");
    if (!INSTANCE.matcher(instance).matches()) problems.add("FIB_INSTANCE is required: the id of this instance, 1 to 253 of A-Z a-z 0-9 . _ : / -");
    Path scratch = parseScratch(environment.getOrDefault("FIB_SCRATCH", ""), problems);
    byte[] key = parseKey(environment.getOrDefault("FIB_PUBLIC_KEY", ""), problems);
    int dataPort = (int) parseNumber(environment, "FIB_DATA_PORT", 8080, 0, 65_535, problems);
    int controlPort = (int) parseNumber(environment, "FIB_CONTROL_PORT", 8081, 0, 65_535, problems);
    if (problems.isEmpty() && dataPort == controlPort && dataPort != 0) problems.add("FIB_DATA_PORT and FIB_CONTROL_PORT must differ (both are " + dataPort + ")");
    long limit = parseNumber(environment, "FIB_MEMORY_LIMIT_BYTES", 0, 1, Long.MAX_VALUE, problems);
    if (!problems.isEmpty()) throw new Invalid(problems);
    String host = environment.getOrDefault("FIB_HOST", "");
    return new Config(instance, scratch, key, host.isEmpty() ? "0.0.0.0" : host, dataPort, controlPort, limit == 0 ? OptionalLong.empty() : OptionalLong.of(limit));
  }

  private static Path parseScratch(String text, List<String> problems) {
    if (text.isEmpty()) {
      problems.add("FIB_SCRATCH is required: a writable folder");
      return null;
    }
    try {
      Path folder = Files.createDirectories(Path.of(text)).toRealPath();
      if (Files.isWritable(folder) && Files.isExecutable(folder)) return folder;
    } catch (IOException | RuntimeException error) {
      // Told below.
    }
    problems.add("FIB_SCRATCH must name a writable folder, or one that can be made");
    return null;
  }

  private static byte[] parseKey(String text, List<String> problems) {
    try {
      byte[] key = Base64.getUrlDecoder().decode(text);
      if (key.length == 32) return key;
    } catch (IllegalArgumentException error) {
      // Told below.
    }
    problems.add("FIB_PUBLIC_KEY is required: 32 raw bytes of an Ed25519 key, base64url");
    return null;
  }

  private static long parseNumber(Map<String, String> environment, String name, long fallback, long least, long most, List<String> problems) {
    String text = environment.getOrDefault(name, "");
    if (text.isEmpty()) return fallback;
    if (text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9') && Long.parseLong(text) >= least && Long.parseLong(text) <= most) return Long.parseLong(text);
    problems.add(name + " must be an integer from " + least + " to " + most);
    return fallback;
  }
}
