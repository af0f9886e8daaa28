package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;

/** Control tokens: JWTs signed with Ed25519 (W2.6 to W2.8). */
final class Token {
  private static final String ISSUER = "fibonacci-scaler";
  private static final int MAX_LENGTH = 8192;
  /** What stands before the raw key in a SubjectPublicKeyInfo (RFC 8410). */
  private static final byte[] KEY_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  /** @param digest null in a token for a drain */
  record Claims(String sub, long epoch, String digest) {}

  private final PublicKey key;
  private final String instance;

  Token(byte[] publicKey, String instance) {
    this.instance = instance;
    byte[] encoded = new byte[KEY_PREFIX.length + publicKey.length];
    System.arraycopy(KEY_PREFIX, 0, encoded, 0, KEY_PREFIX.length);
    System.arraycopy(publicKey, 0, encoded, KEY_PREFIX.length, publicKey.length);
    try {
      key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    } catch (GeneralSecurityException error) {
      throw new IllegalArgumentException("FIB_PUBLIC_KEY is no Ed25519 key", error);
    }
  }

  /**
   * @param authorization the header; null if it is absent
   * @param nowMs since 1970
   * @throws WatcherError TOKEN_INVALID, which names what did not fit, never the token
   */
  Claims verify(String authorization, String act, long nowMs) {
    if (authorization == null || !authorization.regionMatches(true, 0, "bearer ", 0, 7)) throw refused("the header `authorization: Bearer <token>` is missing");
    String token = authorization.substring(7).strip();
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3 || token.length() > MAX_LENGTH) throw refused("it is not a JWT");
    Map<String, Object> header = object(parts[0]);
    if (!"EdDSA".equals(header.get("alg"))) throw refused("`alg` is not EdDSA");
    if (!"JWT".equals(header.getOrDefault("typ", "JWT")) || header.containsKey("crit")) throw refused("its header asks for more than a plain JWT");
    if (!isSigned(parts[0] + "." + parts[1], decode(parts[2]))) throw refused("the signature does not fit");
    return check(object(parts[1]), act, nowMs);
  }

  private boolean isSigned(String text, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(text.getBytes(StandardCharsets.US_ASCII));
      return verifier.verify(signature);
    } catch (SignatureException malformed) {
      return false;
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }

  private Claims check(Map<String, Object> claims, String act, long nowMs) {
    expect(claims, "iss", ISSUER);
    expect(claims, "aud", instance);
    expect(claims, "act", act);
    if (!(claims.get("exp") instanceof Number expires) || !(expires.doubleValue() * 1000 > nowMs)) throw refused("claim `exp` has passed or is missing");
    if (!(claims.get("epoch") instanceof Long epoch) || epoch < 0) throw refused("claim `epoch` is not an integer from 0");
    if (!(claims.get("sub") instanceof String subject) || subject.isEmpty()) throw refused("claim `sub` is missing");
    String digest = claims.get("digest") instanceof String text ? text : null;
    if (!act.equals("drain") && digest == null) throw refused("claim `digest` is missing");
    return new Claims(subject, epoch, digest);
  }

  private static void expect(Map<String, Object> claims, String name, String wanted) {
    if (!wanted.equals(claims.get(name))) throw refused("claim `" + name + "` does not fit");
  }

  private static byte[] decode(String text) {
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException error) {
      throw refused("it is not base64url");
    }
  }

  private static Map<String, Object> object(String part) {
    byte[] bytes = decode(part);
    try {
      return Json.parseObject(bytes, 0, bytes.length);
    } catch (IllegalArgumentException error) {
      throw refused("it holds no JSON object");
    }
  }

  static WatcherError refused(String problem) {
    return new WatcherError(ErrorCode.TOKEN_INVALID, "The token is refused: " + problem + ".");
  }
}
