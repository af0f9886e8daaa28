package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes a push a few times, below a folder of its own, and leaves nothing: the JVM has then loaded and compiled the steps, which spares the true push most of its time. What fails here is of no
 * consequence; the true one will tell.
 */
final class Rehearsal {
  private static final int TIMES = 12;
  /** A DER-encoded key ends with the 32 raw bytes. */
  private static final int RAW_KEY_BYTES = 32;

  private static final FunctionRef NOBODY = new FunctionRef("none", "rehearsal", "none");

  /** What changes nothing: the token is no good. */
  private static final List<String> REQUESTS =
      List.of("GET /_/ready HTTP/1.1\r\nhost: x\r\n\r\n", "GET /_/status HTTP/1.1\r\nhost: x\r\n\r\n", "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n",
          "POST /_/specialize HTTP/1.1\r\nhost: x\r\nauthorization: Bearer e30.e30.e30\r\ncontent-length: 0\r\n\r\n");

  private final Path folder;
  private final int controlPort;

  Rehearsal(Path scratch, int controlPort) {
    folder = scratch.resolve("rehearsal");
    this.controlPort = controlPort;
  }

  void run() {
    try {
      KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      Token token = new Token(rawKey(keys), NOBODY.name());
      byte[] packed = somePackage();
      String digest = "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(packed));
      String authorization = authorization(keys, digest);
      byte[] body = body(digest, packed);
      for (int time = 0; time < TIMES; time++) {
        token.verify(authorization, "specialize", System.currentTimeMillis());
        LoadDocument.Push push = LoadDocument.parse(body);
        Path target = folder.resolve(Integer.toString(time));
        CodePackage.check(push.body(), push.packageAt(), digest, packed.length).unpack(target);
        Json.render(Revision.of(push.document(), target, Map.of()).order().toJson());
        for (String request : REQUESTS) ask(request);
      }
      NOBODY.writeMarker(folder);
    } catch (GeneralSecurityException | IOException | RuntimeException failed) {
      // As said above.
    } finally {
      Folders.delete(folder);
    }
  }

  private void ask(String request) throws IOException {
    try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), controlPort)) {
      connection.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      connection.shutdownOutput();
      connection.getInputStream().readAllBytes();
    }
  }

  static byte[] rawKey(KeyPair keys) {
    byte[] encoded = keys.getPublic().getEncoded();
    return Arrays.copyOfRange(encoded, encoded.length - RAW_KEY_BYTES, encoded.length);
  }

  private static byte[] somePackage() {
    String text = "x".repeat(64 * 1024);
    List<Map<String, Object>> files = List.of(Map.of("path", "classes/a/A.class", "size", text.length()), Map.of("path", "classes/a/B.class", "size", 0));
    return (Json.render(Map.of("format", 1, "files", files)) + "\n" + text).getBytes(StandardCharsets.UTF_8);
  }

  private static String authorization(KeyPair keys, String digest) throws GeneralSecurityException {
    Map<String, Object> claims = new LinkedHashMap<>(Map.of("iss", "fibonacci-scaler", "aud", NOBODY.name(), "act", "specialize", "sub", NOBODY.uid(), "epoch", 1, "digest", digest));
    claims.put("exp", System.currentTimeMillis() / 1000 + 60);
    String signed = part(Map.of("alg", "EdDSA", "typ", "JWT")) + "." + part(claims);
    Signature signer = Signature.getInstance("Ed25519");
    signer.initSign(keys.getPrivate());
    signer.update(signed.getBytes(StandardCharsets.US_ASCII));
    return "Bearer " + signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signer.sign());
  }

  private static String part(Map<String, ?> value) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.render(value).getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] body(String digest, byte[] packed) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("function", NOBODY.toJson());
    document.put("generation", 1);
    document.put("content", digest);
    document.put("package", Map.of("digest", digest, "size", packed.length));
    document.put("handler", "a.A.handle");
    document.put("signature", "event");
    document.put("mode", "thread");
    document.put("concurrency", 1);
    document.put("timeoutMs", 1000);
    document.put("maxBodyBytes", 1024);
    document.put("env", Map.of());
    byte[] line = (Json.render(document) + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] body = Arrays.copyOf(line, line.length + packed.length);
    System.arraycopy(packed, 0, body, line.length, packed.length);
    return body;
  }
}
