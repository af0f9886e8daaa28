package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The first line of a push (W3.1). */
record LoadDocument(
    FunctionRef function,
    long generation,
    String content,
    String digest,
    long size,
    String handler,
    String signature,
    boolean processMode,
    int concurrency,
    long timeoutMs,
    long maxBodyBytes,
    Map<String, String> env) {

  private static final int MAX_BYTES = 1024 * 1024;
  private static final long MAX_INTEGER = (1L << 53) - 1;
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern HANDLER = Pattern.compile("[^.\\s\\\\][^\\s\\\\]*\\.[A-Za-z_$][A-Za-z0-9_$]*");
  private static final Set<String> SIGNATURES = Set.of("event", "fetch", "asgi", "wsgi", "http", "framework", "lambda");
  private static final Set<String> MODES = Set.of("thread", "process");

  /** A document and the bytes behind it, which are not looked at. */
  record Push(LoadDocument document, byte[] body, int packageAt) {}

  /** @throws WatcherError BAD_REQUEST */
  static Push parse(byte[] body) {
    int end = 0;
    while (end < body.length && end <= MAX_BYTES && body[end] != '\n') end++;
    if (end >= body.length || body[end] != '\n') throw bad("the first line, at most " + MAX_BYTES + " bytes, must be the load document");
    try {
      return new Push(parse(Json.parseObject(body, 0, end)), body, end + 1);
    } catch (IllegalArgumentException error) {
      throw bad("the first line is not a JSON object");
    }
  }

  private static LoadDocument parse(Map<String, Object> json) {
    Map<?, ?> function = object(json, "function");
    Map<?, ?> packed = object(json, "package");
    LoadDocument document =
        new LoadDocument(
            new FunctionRef(text(function, "function.namespace"), text(function, "function.name"), text(function, "function.uid")),
            integer(json, "generation", 0),
            matching(json, "content", DIGEST.asMatchPredicate()),
            matching(packed, "package.digest", DIGEST.asMatchPredicate()),
            integer(packed, "package.size", 0),
            matching(json, "handler", LoadDocument::isHandler),
            matching(json, "signature", SIGNATURES::contains),
            matching(json, "mode", MODES::contains).equals("process"),
            (int) Math.min(integer(json, "concurrency", 1), Integer.MAX_VALUE),
            Math.min(integer(json, "timeoutMs", 1), 365L * 24 * 3600 * 1000),
            integer(json, "maxBodyBytes", 0),
            environment(json.get("env")));
    return document;
  }

  private static boolean isHandler(String text) {
    if (text.length() > 512 || !HANDLER.matcher(text).matches()) return false;
    List<String> parts = Arrays.asList(text.substring(0, text.lastIndexOf('.')).split("/", -1));
    return !parts.contains("") && !parts.contains(".") && !parts.contains("..");
  }

  private static Map<?, ?> object(Map<?, ?> json, String name) {
    if (json.get(name) instanceof Map<?, ?> map) return map;
    throw bad(name + " must be an object");
  }

  private static Object field(Map<?, ?> json, String path) {
    return json.get(path.substring(path.lastIndexOf('.') + 1));
  }

  private static String text(Map<?, ?> json, String path) {
    return matching(json, path, text -> !text.isEmpty() && text.length() <= 1024 && text.chars().noneMatch(Character::isISOControl));
  }

  private static String matching(Map<?, ?> json, String path, Predicate<String> fits) {
    if (field(json, path) instanceof String text && fits.test(text)) return text;
    throw bad(path + " is missing or wrong");
  }

  private static long integer(Map<?, ?> json, String path, long least) {
    if (field(json, path) instanceof Long number && number >= least && number <= MAX_INTEGER) return number;
    throw bad(path + " is missing or wrong");
  }

  private static Map<String, String> environment(Object value) {
    if (!(value instanceof Map<?, ?> map)) throw bad("env must be an object");
    Map<String, String> environment = new LinkedHashMap<>();
    map.forEach((key, each) -> {
      String name = (String) key;
      if (name.isEmpty() || name.contains("=") || name.contains("\0") || !(each instanceof String text) || text.contains("\0")) throw bad("env must map names to strings");
      environment.put(name, text);
    });
    return environment;
  }

  private static WatcherError bad(String problem) {
    return new WatcherError(ErrorCode.BAD_REQUEST, "The body is not a revision (load document, line feed, package): " + problem + ".");
  }
}
