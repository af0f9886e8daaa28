package dev.fibonacci.watcher.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTest {
  private static final long NOW_MS = 1_000_000;
  private final KeyPair keys = generate();
  private final Token token = new Token(Rehearsal.rawKey(keys), "instance-1");

  private static KeyPair generate() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }

  private static Map<String, Object> claims() {
    return new LinkedHashMap<>(Map.of("iss", "fibonacci-scaler", "aud", "instance-1", "act", "update", "sub", "uid-1", "epoch", 3, "exp", NOW_MS / 1000 + 1, "digest", "d"));
  }

  private static String part(Object value) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.render(value).getBytes(StandardCharsets.UTF_8));
  }

  private String sign(Object header, Object claims) throws GeneralSecurityException {
    String text = part(header) + "." + part(claims);
    Signature signer = Signature.getInstance("Ed25519");
    signer.initSign(keys.getPrivate());
    signer.update(text.getBytes(StandardCharsets.US_ASCII));
    return "Bearer " + text + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signer.sign());
  }

  private static Map<String, Object> header() {
    return new LinkedHashMap<>(Map.of("alg", "EdDSA", "typ", "JWT"));
  }

  private void refused(String authorization, String word) {
    WatcherError error = assertThrows(WatcherError.class, () -> token.verify(authorization, "update", NOW_MS));
    assertEquals(ErrorCode.TOKEN_INVALID, error.code());
    assertTrue(error.getMessage().contains(word), error.getMessage());
    if (authorization != null && authorization.length() > 20) assertFalse(error.getMessage().contains(authorization.substring(7)));
  }

  @Test
  void aGoodTokenGivesItsClaims() throws GeneralSecurityException {
    assertEquals(new Token.Claims("uid-1", 3, "d"), token.verify(sign(header(), claims()), "update", NOW_MS));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iss|\"x\"", "aud|\"instance-2\"", "aud|[\"instance-1\"]", "act|\"specialize\"", "sub|\"\"", "sub|null", "epoch|-1", "epoch|\"3\"", "epoch|1.5", "epoch|null", "exp|1000", "exp|\"2000\"", "exp|null", "digest|null",
        "digest|7"
      })
  void eachClaimMustFitAndIsNamed(String name, String json) throws GeneralSecurityException {
    Map<String, Object> claims = claims();
    claims.put(name, Json.parse(json));
    refused(sign(header(), claims), name);
  }

  @Test
  void onlyPlainTokensOfThisKeyAreTaken() throws GeneralSecurityException {
    for (Object alg : new Object[] {"none", "HS256", "ES256", "", 7}) {
      Map<String, Object> header = header();
      header.put("alg", alg);
      refused(sign(header, claims()), "alg");
    }
    Map<String, Object> critical = header();
    critical.put("crit", "x");
    refused(sign(critical, claims()), "header");
    String good = sign(header(), claims());
    refused(new TokenTest().sign(header(), claims()), "signature");
    refused(good.substring(0, good.lastIndexOf('.') + 1), "signature");
    refused(good.substring(0, good.lastIndexOf('.') + 1) + "AAAA", "signature");
    refused(good.replace(".", "."  + part("x") + "."), "JWT");
    refused(sign(header(), "text"), "JSON");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "Bearer", "Basic abc", "Bearer a.b", "Bearer a.b.c.d", "Bearer !!.@@.##", "Bearer bm8.bm8.bm8", "Bearer ..", "Bearer e30.e30.e30"})
  void whatIsNoTokenIsRefused(String authorization) {
    refused(authorization, "refused");
  }

  @Test
  void aTokenIsNoLongerThanItNeedsToBe() throws GeneralSecurityException {
    Map<String, Object> claims = claims();
    claims.put("more", "x".repeat(10_000));
    refused(sign(header(), claims), "JWT");
  }
}
