package dev.fibonacci.watcher.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadParserTest {
  private static RequestHead parse(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return HeadParser.parse(bytes, 0, bytes.length);
  }

  @Test
  void aHeadIsMethodTargetAndFields() {
    RequestHead head = parse("POST /a%20b?x=1 HTTP/1.1\r\nHost: x\r\nX-Two: 1 \r\nx-two:\t2\r\ncookie: a=1\r\ncookie: b=2\r\ncontent-length: 3");
    assertEquals("POST", head.method());
    assertEquals("/a%20b", head.path());
    assertEquals("x=1", head.query());
    assertEquals("1, 2", head.headers().get("x-two"));
    assertEquals("a=1; b=2", head.headers().get("cookie"));
    assertEquals(3, head.contentLength());
    assertTrue(head.keepAlive());
  }

  @Test
  void connectionsAreKeptAsTheirVersionSays() {
    assertFalse(parse("GET / HTTP/1.1\r\nhost: x\r\nconnection: x, Close").keepAlive());
    assertFalse(parse("GET / HTTP/1.0").keepAlive());
    assertTrue(parse("GET / HTTP/1.0\r\nconnection: keep-alive").keepAlive());
  }

  @Test
  void anAbsoluteTargetHasItsPathBehindTheAuthority() {
    assertEquals("/a", parse("GET http://other/a?b HTTP/1.1\r\nhost: x").path());
    assertEquals("/", parse("GET http://other HTTP/1.1\r\nhost: x").path());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NONSENSE",
        "GET /",
        "GET / HTTP/2.0\r\nhost: x",
        "GET / HTTP/1.2\r\nhost: x",
        "GET / HTTP/1.1 \r\nhost: x",
        "GET  / HTTP/1.1\r\nhost: x",
        "G(T / HTTP/1.1\r\nhost: x",
        "GET /a b HTTP/1.1\r\nhost: x",
        "GET /\u00e4 HTTP/1.1\r\nhost: x",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\nhost: x\r\nhost: x",
        "GET / HTTP/1.1\nhost: x",
        "GET / HTTP/1.1\r\nhost: x\rx: y",
        "GET / HTTP/1.1\r\nhost: x\r\nx: a\0b",
        "GET / HTTP/1.1\r\nhost: x\r\nx: a\u007fb",
        "GET / HTTP/1.1\r\nhost: x\r\nx: a\r\n folded",
        "GET / HTTP/1.1\r\nhost: x\r\nx y: z",
        "GET / HTTP/1.1\r\nhost: x\r\nx : z",
        "GET / HTTP/1.1\r\nhost: x\r\n: z",
        "GET / HTTP/1.1\r\nhost: x\r\nnothing",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: +1",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x1",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length:",
        "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999999999999",
        "GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked",
        "GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: identity",
        "GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "GET / HTTP/1.0\r\ntransfer-encoding: chunked"
      })
  void whatIsNotWellFormedIsRefused(String text) {
    assertEquals(ErrorCode.BAD_REQUEST, assertThrows(WatcherError.class, () -> parse(text)).code());
  }

  @Test
  void fieldsOfAnswersAreTokensAndLatin1() {
    assertTrue(HeadParser.isValidField("x-name", "text \u00e4\t"));
    for (String value : new String[] {"a\r\nb", "a\nb", "a\0", "\u20ac", "\u007f"}) assertFalse(HeadParser.isValidField("x", value));
    for (String name : new String[] {"", "a b", "a:", "\u00e4", "a\r"}) assertFalse(HeadParser.isValidField(name, "x"));
  }
}
