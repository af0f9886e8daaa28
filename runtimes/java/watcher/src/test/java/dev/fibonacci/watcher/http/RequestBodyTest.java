package dev.fibonacci.watcher.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.WatcherError;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestBodyTest {
  private static final String CHUNKED = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";

  /** A wire on which this has come, and nothing more will. */
  private static Wire wire(String text) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress("127.0.0.1", 0));
        SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
      client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
      return new Wire(server.accept());
    }
  }

  private static RequestBody body(Wire wire, long limit) throws IOException {
    return new RequestBody(wire, wire.readHead(5, 5), limit);
  }

  @Test
  void chunksAndTheRequestBehindThemAreTakenApart() throws IOException {
    Wire wire = wire(CHUNKED + "3\r\nabc\r\n2;name=\"value\"\r\nde\r\n0\r\ntrailer: x\r\n\r\nGET /next HTTP/1.1\r\nhost: x\r\n\r\n");
    RequestBody body = body(wire, 5);
    assertArrayEquals("abcde".getBytes(StandardCharsets.ISO_8859_1), body.readWhole());
    assertTrue(body.isComplete());
    assertEquals("/next", wire.readHead(5, 5).path());
  }

  @Test
  void aBodyOfKnownLengthEndsThere() throws IOException {
    Wire wire = wire("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabcGET /next HTTP/1.1\r\nhost: x\r\n\r\n");
    assertArrayEquals("abc".getBytes(StandardCharsets.ISO_8859_1), body(wire, 3).readWhole());
    assertEquals("/next", wire.readHead(5, 5).path());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x\r\n", "\r\n", "-1\r\n", "1 2\r\nab", "0x1\r\na", "1;\u0000\r\na\r\n", "1\r\nab", "1\r\na\r\r0\r\n\r\n", "1234567890123456\r\n", "1\na\n0\n\n"})
  void chunksThatAreNotWellFormedAreRefused(String chunks) throws IOException {
    Wire wire = wire(CHUNKED + chunks + "x".repeat(5000));
    assertEquals(ErrorCode.BAD_REQUEST, assertThrows(WatcherError.class, () -> body(wire, 1_000_000).readWhole()).code());
  }

  @Test
  void aBodyOverTheLimitIsRefusedByItsAnnouncementAndOnceItPassesIt() throws IOException {
    Wire announced = wire("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n");
    assertEquals(ErrorCode.BODY_TOO_LARGE, assertThrows(WatcherError.class, () -> body(announced, 3)).code());
    Wire sent = wire(CHUNKED + "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
    assertEquals(ErrorCode.BODY_TOO_LARGE, assertThrows(WatcherError.class, () -> body(sent, 3).readWhole()).code());
  }

  @Test
  void aClientThatEndsInTheMiddleIsGone() throws IOException {
    Wire wire = wire("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab");
    assertThrows(ClientGone.class, () -> body(wire, 10).readWhole());
  }

  @Test
  void aHeadThatDoesNotEndIsRefused() throws IOException {
    Wire wire = wire("GET / HTTP/1.1\r\nx: " + "y".repeat(70_000));
    assertEquals(ErrorCode.HEADERS_TOO_LARGE, assertThrows(WatcherError.class, () -> wire.readHead(5, 5)).code());
  }
}
