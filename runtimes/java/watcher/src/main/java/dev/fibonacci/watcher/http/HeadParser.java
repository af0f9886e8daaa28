package dev.fibonacci.watcher.http;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** HTTP/1.1 request heads, as strictly as RFC 9112 allows a server to be. */
public final class HeadParser {
  public static final int MAX_HEAD_BYTES = 64 * 1024;
  private static final boolean[] TOKEN = new boolean[128];

  static {
    for (char c = '0'; c <= 'z'; c++) TOKEN[c] = Character.isLetterOrDigit(c);
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) TOKEN[c] = true;
  }

  private HeadParser() {}

  /**
   * @param bytes {@code from} to {@code end} is all before the empty line
   * @throws WatcherError BAD_REQUEST
   */
  public static RequestHead parse(byte[] bytes, int from, int end) {
    String text = new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
    int line = lineEnd(text, 0);
    int first = text.indexOf(' ');
    int second = text.indexOf(' ', first + 1);
    if (first <= 0 || second < 0 || second > line || !isToken(text, 0, first) || !isTarget(text, first + 1, second)) throw badLine();
    if (line - second != 9 || !text.startsWith("HTTP/1.", second + 1)) throw badLine();
    int minor = text.charAt(line - 1) - '0';
    if (minor != 0 && minor != 1) throw badLine();
    List<Map.Entry<String, String>> fields = parseFields(text, line);
    Map<String, String> headers = join(fields);
    checkHost(fields, minor);
    String encoding = headers.get("transfer-encoding");
    long length = contentLength(headers, encoding, minor);
    return new RequestHead(text.substring(0, first), text.substring(first + 1, second), minor, fields, headers, length, encoding != null, keepAlive(headers, minor));
  }

  private static List<Map.Entry<String, String>> parseFields(String text, int firstLineEnd) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(16);
    int at = firstLineEnd + 2;
    while (at < text.length()) {
      int end = lineEnd(text, at);
      int colon = text.indexOf(':', at);
      if (colon <= at || colon > end || !isToken(text, at, colon)) throw malformed("a header line is not `name: value`");
      fields.add(Map.entry(text.substring(at, colon).toLowerCase(Locale.ROOT), trim(text, colon + 1, end)));
      at = end + 2;
    }
    return fields;
  }

  private static Map<String, String> join(List<Map.Entry<String, String>> fields) {
    Map<String, String> headers = LinkedHashMap.newLinkedHashMap(fields.size());
    for (Map.Entry<String, String> field : fields) {
      String before = headers.putIfAbsent(field.getKey(), field.getValue());
      if (before != null) headers.put(field.getKey(), before + (field.getKey().equals("cookie") ? "; " : ", ") + field.getValue());
    }
    return headers;
  }

  private static void checkHost(List<Map.Entry<String, String>> fields, int minor) {
    int hosts = 0;
    for (Map.Entry<String, String> field : fields) if (field.getKey().equals("host")) hosts++;
    if (hosts > 1 || (hosts == 0 && minor == 1)) throw malformed("exactly one Host header is needed");
  }

  private static long contentLength(Map<String, String> headers, String encoding, int minor) {
    String length = headers.get("content-length");
    if (encoding != null) {
      if (length != null || minor == 0 || !encoding.equalsIgnoreCase("chunked")) throw malformed("transfer-encoding must be `chunked`, alone, in HTTP/1.1");
      return 0;
    }
    if (length == null) return 0;
    if (length.isEmpty() || length.length() > 15 || !length.chars().allMatch(c -> c >= '0' && c <= '9')) throw malformed("content-length is not one number");
    return Long.parseLong(length);
  }

  private static boolean keepAlive(Map<String, String> headers, int minor) {
    String connection = headers.get("connection");
    if (connection == null) return minor == 1;
    boolean asked = false;
    for (String option : connection.split(",")) {
      if (option.strip().equalsIgnoreCase("close")) return false;
      asked |= option.strip().equalsIgnoreCase("keep-alive");
    }
    return minor == 1 || asked;
  }

  /** Where the line ends that starts at {@code at}; on the way nothing but what a field may hold (RFC 9110, 5.5). */
  private static int lineEnd(String text, int at) {
    int length = text.length();
    for (int i = at; i < length; i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != 127 || c == '\t') continue;
      if (c == '\r' && i + 1 < length && text.charAt(i + 1) == '\n') return i;
      throw malformed("a control character or a bare CR or LF in the head");
    }
    return length;
  }

  private static String trim(String text, int from, int end) {
    while (from < end && isBlank(text.charAt(from))) from++;
    while (end > from && isBlank(text.charAt(end - 1))) end--;
    return text.substring(from, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean isTarget(String text, int from, int end) {
    for (int i = from; i < end; i++) if (text.charAt(i) <= ' ' || text.charAt(i) >= 127) return false;
    return end > from;
  }

  private static boolean isToken(String text, int from, int end) {
    for (int i = from; i < end; i++) if (text.charAt(i) >= 128 || !TOKEN[text.charAt(i)]) return false;
    return end > from;
  }

  /** Whether a response may carry it: a token, and a value in Latin-1 without control characters. */
  public static boolean isValidField(String name, String value) {
    if (!isToken(name, 0, name.length())) return false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c > 255 || c == 127 || (c < ' ' && c != '\t')) return false;
    }
    return true;
  }

  static WatcherError malformed(String problem) {
    return new WatcherError(ErrorCode.BAD_REQUEST, "The request is not well-formed HTTP/1.1: " + problem + ".");
  }

  private static WatcherError badLine() {
    return malformed("the request line is not `METHOD target HTTP/1.1`");
  }
}
