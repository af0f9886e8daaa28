package dev.fibonacci.watcher.http;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;

/** Heads of responses, and the framing of chunks. */
public final class ResponseHead {
  public static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  public static final byte[] CRLF = "\r\n".getBytes(StandardCharsets.ISO_8859_1);

  private record Stamp(long second, String text) {}

  /** Of the last head that was rendered: the same for a whole second. */
  private static volatile Stamp date = new Stamp(-1, "");

  private ResponseHead() {}

  /** With the empty line; the fields are valid already. */
  public static byte[] render(int status, List<Map.Entry<String, String>> fields) {
    StringBuilder text = new StringBuilder(256).append("HTTP/1.1 ").append(status).append(' ').append(reason(status)).append("\r\ndate: ").append(date()).append("\r\n");
    for (Map.Entry<String, String> field : fields) text.append(field.getKey()).append(": ").append(field.getValue()).append("\r\n");
    return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  public static byte[] chunkSize(int size) {
    return (Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String date() {
    long second = System.currentTimeMillis() / 1000;
    Stamp known = date;
    if (known.second != second) {
      known = new Stamp(second, DateTimeFormatter.RFC_1123_DATE_TIME.format(Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC)));
      date = known;
    }
    return known.text;
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 201 -> "Created";
      case 202 -> "Accepted";
      case 204 -> "No Content";
      case 301 -> "Moved Permanently";
      case 302 -> "Found";
      case 303 -> "See Other";
      case 304 -> "Not Modified";
      case 307 -> "Temporary Redirect";
      case 308 -> "Permanent Redirect";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 409 -> "Conflict";
      case 413 -> "Content Too Large";
      case 422 -> "Unprocessable Content";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      default -> "Status";
    };
  }
}
