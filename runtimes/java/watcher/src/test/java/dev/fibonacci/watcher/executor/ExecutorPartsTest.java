package dev.fibonacci.watcher.executor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.cloud.functions.HttpRequest.HttpPart;
import dev.fibonacci.watcher.LineSplitter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecutorPartsTest {
  // What a function may do with its system.
  static final class Asks {
    static String one() {
      return System.getenv("A");
    }

    static int all() {
      return System.getenv().size();
    }

    static Supplier<Map<String, String>> reference() {
      return System::getenv;
    }
  }

  private static byte[] classFile(Class<?> type) throws IOException {
    try (InputStream in = type.getResourceAsStream(type.getName().substring(type.getName().lastIndexOf('.') + 1) + ".class")) {
      return in.readAllBytes();
    }
  }

  @Test
  void callsOfTheEnvironmentAreRedirectedAndNothingElse() throws IOException {
    byte[] changed = SystemCalls.redirect(classFile(Asks.class));
    assertTrue(new String(changed, StandardCharsets.ISO_8859_1).contains("dev/fibonacci/watcher/user/UserSystem"));
    byte[] other = classFile(LineSplitter.class);
    assertSame(other, SystemCalls.redirect(other));
  }

  @Test
  void aClassFileThatIsNoneIsLeftToTheJvm() throws IOException {
    byte[] whole = classFile(Asks.class);
    for (int length = 0; length < whole.length; length += 7) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertTrue(SystemCalls.redirect(cut).length >= length);
    }
  }

  @Test
  void linesAreCutAt64KiBBetweenCharacters() {
    List<String> lines = new ArrayList<>();
    List<Boolean> cuts = new ArrayList<>();
    LineSplitter.Sink sink = (line, cut) -> {
      lines.add(line);
      cuts.add(cut);
    };
    LineSplitter splitter = new LineSplitter();
    byte[] text = ("one\r\n\ntw" + "o\n" + "x" + "\u00fc".repeat(40_000) + "\nrest").getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < text.length; at += 1000) splitter.feed(text, at, Math.min(1000, text.length - at), sink);
    splitter.flush(sink);
    assertEquals(List.of("one", "", "two", "x" + "\u00fc".repeat(32_767), "rest"), lines);
    assertEquals(List.of(false, false, false, true, false), cuts);
  }

  @Test
  void aQueryIsDecodedAndWhatIsMalformedStays() {
    assertEquals(Map.of("a", List.of("1", "\u00fc"), "b", "", "c d", "x=y", "%zz", "%"), Events.parseQuery("a=1&a=%C3%BC&b&c+d=x=y&%zz=%&&"));
  }

  @Test
  void partsOfAFormAreGivenByName() throws IOException {
    String body = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x \\\"y\\\".txt\"\r\nContent-Type: text/plain\r\n\r\n--not\r\n\r\n--B--\r\n";
    Map<String, HttpPart> parts = Multipart.parse("multipart/form-data; boundary=\"B\"", body.getBytes(StandardCharsets.UTF_8));
    assertEquals("one", parts.get("a").getReader().readLine());
    assertEquals("x \"y\".txt", parts.get("f").getFileName().orElseThrow());
    assertArrayEquals("--not\r\n".getBytes(StandardCharsets.UTF_8), parts.get("f").getInputStream().readAllBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--B", "--B\r\n", "--B\r\nno head", "--B\r\nx: y\r\n\r\nno end", "nothing of a form", "--B\r\ncontent-disposition: form-data\r\n\r\nno name\r\n--B--", "--C\r\n\r\n\r\n--C--"})
  void aFormThatIsNoneIsRefused(String body) {
    assertThrows(IOException.class, () -> Multipart.parse("multipart/form-data; boundary=B", body.getBytes(StandardCharsets.UTF_8)));
  }
}
