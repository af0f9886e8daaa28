package dev.fibonacci.watcher;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** JSON as RFC 8259 has it, between text and maps, lists, strings, numbers (long or double), booleans and null. */
public final class Json {
  private static final Gson GSON = settings().create();

  private Json() {}

  /** What every reader and writer of JSON here is made with. */
  public static GsonBuilder settings() {
    return new GsonBuilder().setStrictness(Strictness.STRICT).setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).serializeNulls().disableHtmlEscaping();
  }

  /** @throws IllegalArgumentException if it is not JSON, or nested too deeply */
  public static Object parse(String text) {
    try {
      if (text.isBlank()) throw new IllegalArgumentException("it is empty");
      return GSON.fromJson(text, Object.class);
    } catch (JsonParseException | StackOverflowError | NumberFormatException error) {
      throw new IllegalArgumentException("it is not JSON", error);
    }
  }

  /** The same of bytes, which must be UTF-8. */
  public static Object parse(byte[] bytes) {
    return parse(utf8(bytes, 0, bytes.length));
  }

  /** An object. @throws IllegalArgumentException for anything else */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> parseObject(byte[] bytes, int from, int length) {
    if (parse(utf8(bytes, from, length)) instanceof Map<?, ?> map) return (Map<String, Object>) map;
    throw new IllegalArgumentException("it is not a JSON object");
  }

  /** Of the values that {@link #parse} gives. */
  public static String render(Object value) {
    return GSON.toJson(value);
  }

  /** @throws IllegalArgumentException if it is not UTF-8 */
  public static String utf8(byte[] bytes, int from, int length) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length)).toString();
    } catch (CharacterCodingException error) {
      throw new IllegalArgumentException("it is not UTF-8", error);
    }
  }
}
