package dev.fibonacci.watcher.executor;

import com.google.cloud.functions.HttpRequest.HttpPart;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parts of a body of type {@code multipart/form-data} (RFC 7578), by name. */
final class Multipart {
  private static final int MAX_PARTS = 1000;
  private static final Pattern PARAMETER = Pattern.compile(";\\s*([A-Za-z0-9*_-]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^;\\s]*))");

  private Multipart() {}

  /** @throws IOException for a body that is not of this form */
  static Map<String, HttpPart> parse(String contentType, byte[] body) throws IOException {
    String boundary = parameter(contentType, "boundary");
    if (boundary == null || boundary.isEmpty()) throw new IOException("the content type has no boundary");
    Map<String, HttpPart> parts = new LinkedHashMap<>();
    byte[] delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    // The first delimiter has no line before it.
    int at = startsWith(body, 0, delimiter, 2) ? delimiter.length - 2 : indexOf(body, delimiter, 0) + delimiter.length;
    if (at < delimiter.length - 2) throw new IOException("the body does not begin with its boundary");
    while (!(at + 1 < body.length && body[at] == '-' && body[at + 1] == '-')) {
      int headEnd = indexOf(body, new byte[] {'\r', '\n', '\r', '\n'}, at);
      int end = headEnd < 0 ? -1 : indexOf(body, delimiter, headEnd + 2);
      if (end < 0 || parts.size() >= MAX_PARTS) throw new IOException(end < 0 ? "a part does not end" : "there are more than " + MAX_PARTS + " parts");
      Part part = part(new String(body, at, headEnd - at, StandardCharsets.UTF_8), body, Math.min(headEnd + 4, end), end);
      parts.putIfAbsent(part.name, part);
      at = end + delimiter.length;
    }
    return parts;
  }

  private static Part part(String head, byte[] body, int from, int end) throws IOException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line : head.split("\r\n")) {
      int colon = line.indexOf(':');
      if (colon > 0) headers.put(line.substring(0, colon).strip().toLowerCase(Locale.ROOT), List.of(line.substring(colon + 1).strip()));
    }
    String disposition = headers.getOrDefault("content-disposition", List.of("")).getFirst();
    String name = parameter(disposition, "name");
    if (name == null) throw new IOException("a part has no name");
    return new Part(name, parameter(disposition, "filename"), headers, body, from, end);
  }

  private static String parameter(String value, String name) {
    Matcher matcher = PARAMETER.matcher(value);
    while (matcher.find()) {
      if (!matcher.group(1).equalsIgnoreCase(name)) continue;
      return matcher.group(2) == null ? matcher.group(3) : matcher.group(2).replaceAll("\\\\(.)", "$1");
    }
    return null;
  }

  private static int indexOf(byte[] body, byte[] wanted, int from) {
    for (int at = from; at + wanted.length <= body.length; at++) if (startsWith(body, at, wanted, 0)) return at;
    return -1;
  }

  private static boolean startsWith(byte[] body, int at, byte[] wanted, int without) {
    if (at + wanted.length - without > body.length) return false;
    for (int i = without; i < wanted.length; i++) if (body[at + i - without] != wanted[i]) return false;
    return true;
  }

  private record Part(String name, String fileName, Map<String, List<String>> headers, byte[] body, int from, int end) implements HttpPart {
    @Override
    public Optional<String> getFileName() {
      return Optional.ofNullable(fileName);
    }

    @Override
    public Optional<String> getContentType() {
      return Optional.ofNullable(headers.get("content-type")).map(List::getFirst);
    }

    @Override
    public long getContentLength() {
      return end - from;
    }

    @Override
    public Optional<String> getCharacterEncoding() {
      return getContentType().map(type -> Bodies.charset(type).name());
    }

    @Override
    public InputStream getInputStream() {
      return new ByteArrayInputStream(body, from, end - from);
    }

    @Override
    public BufferedReader getReader() {
      return new BufferedReader(new InputStreamReader(getInputStream(), Bodies.charset(getContentType().orElse(null))));
    }

    @Override
    public Map<String, List<String>> getHeaders() {
      return headers;
    }
  }
}
