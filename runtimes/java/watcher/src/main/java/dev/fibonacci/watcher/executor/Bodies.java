package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;

/** Request bodies by their content type (W6.1). */
final class Bodies {
  private Bodies() {}

  /** Null for no body. @throws WatcherError BAD_JSON */
  static Object convert(String contentType, byte[] body) {
    if (body.length == 0) return null;
    String media = mediaType(contentType);
    if (isJson(media)) return parseJson(body);
    return isText(media) ? new String(body, charset(contentType)) : body;
  }

  static String mediaType(String contentType) {
    if (contentType == null) return "";
    int end = contentType.indexOf(';');
    return (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  static boolean isJson(String media) {
    return media.equals("application/json") || media.endsWith("+json");
  }

  private static boolean isText(String media) {
    return media.startsWith("text/") || media.equals("application/x-www-form-urlencoded");
  }

  static Object parseJson(byte[] body) {
    try {
      return Json.parse(body);
    } catch (IllegalArgumentException error) {
      throw new WatcherError(ErrorCode.BAD_JSON, "The content type says JSON and the body is not.");
    }
  }

  /** UTF-8 where the content type names none, or one that is unknown here. */
  static Charset charset(String contentType) {
    if (contentType == null) return StandardCharsets.UTF_8;
    String[] parts = contentType.split(";");
    for (int i = 1; i < parts.length; i++) {
      String part = parts[i].strip();
      if (!part.regionMatches(true, 0, "charset=", 0, 8)) continue;
      try {
        return Charset.forName(part.substring(8).replace("\"", "").strip());
      } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
        return StandardCharsets.UTF_8;
      }
    }
    return StandardCharsets.UTF_8;
  }
}
