package dev.fibonacci.watcher.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fibonacci.watcher.ErrorCode;
import dev.fibonacci.watcher.Json;
import dev.fibonacci.watcher.WatcherError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PushTest {
  private static final String DIGEST = "sha256:" + "0".repeat(64);

  private static Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("function", Map.of("namespace", "demo", "name", "hello", "uid", "uid-1"));
    document.put("generation", 1);
    document.put("content", DIGEST);
    document.put("package", Map.of("digest", DIGEST, "size", 3));
    document.put("handler", "com.acme.Hello.handle");
    document.put("signature", "event");
    document.put("mode", "thread");
    document.put("concurrency", 1);
    document.put("timeoutMs", 1000);
    document.put("maxBodyBytes", 0);
    document.put("env", Map.of("A", "1"));
    return document;
  }

  private static LoadDocument.Push parse(Map<String, Object> document) {
    return LoadDocument.parse((Json.render(document) + "\nabc").getBytes(StandardCharsets.UTF_8));
  }

  private static LoadDocument of(String uid, long generation, String content) {
    Map<String, Object> document = document();
    document.put("function", Map.of("namespace", "demo", "name", "hello", "uid", uid));
    document.put("generation", generation);
    document.put("content", "sha256:" + content.repeat(64));
    return parse(document).document();
  }

  @Test
  void aLoadDocumentAndItsPackageAreTakenApart() {
    LoadDocument.Push push = parse(document());
    assertEquals("demo/hello", push.document().function().fullName());
    assertEquals("abc", new String(push.body(), push.packageAt(), 3, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generation|-1", "generation|1.5", "generation|\"1\"", "generation|9007199254740992", "content|\"sha256:zz\"", "package|{}", "handler|\"nodot\"", "handler|\"../a.b\"", "handler|\"a//b.c\"",
        "handler|\"a.b c\"", "signature|\"cgi\"", "mode|\"fibre\"", "concurrency|0", "timeoutMs|0", "timeoutMs|null", "maxBodyBytes|-1", "env|[]", "env|{\"A\":1}", "env|{\"\":\"x\"}", "env|{\"A=B\":\"x\"}",
        "env|{\"A\":\"\\u0000\"}", "function|{\"namespace\":\"demo\",\"name\":\"\",\"uid\":\"u\"}", "function|null"
      })
  void whatIsMissingOrWrongIsNamed(String field, String json) {
    Map<String, Object> document = document();
    document.put(field, Json.parse(json));
    WatcherError error = assertThrows(WatcherError.class, () -> parse(document));
    assertEquals(ErrorCode.BAD_REQUEST, error.code());
    assertTrue(error.getMessage().contains(field), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "{}", "not json\nabc", "[]\nabc", "{\"a\":1,}\nabc", "{'a':1}\nabc", "{\"a\":NaN}\nabc", "{}{}\nabc", "\u00ff\nabc"})
  void aFirstLineThatIsNoDocumentIsRefused(String text) {
    assertEquals(ErrorCode.BAD_REQUEST, assertThrows(WatcherError.class, () -> LoadDocument.parse(text.getBytes(StandardCharsets.ISO_8859_1))).code());
  }

  @Test
  void aDocumentNestedWithoutEndIsRefused() {
    String deep = "[".repeat(500_000) + "\n";
    assertEquals(ErrorCode.BAD_REQUEST, assertThrows(WatcherError.class, () -> LoadDocument.parse(deep.getBytes(StandardCharsets.UTF_8))).code());
  }

  @Test
  void aPushIsDecidedByWhatIsServed() {
    FunctionRef owner = new FunctionRef("demo", "hello", "u");
    LoadDocument served = of("u", 5, "a");
    assertEquals(PushDecision.LOAD, PushDecision.of(null, null, false, false, of("u", 1, "a")));
    assertEquals(PushDecision.SAME, PushDecision.of(owner, served, true, true, of("u", 5, "a")));
    assertEquals(PushDecision.LOAD, PushDecision.of(owner, served, false, true, of("u", 6, "a")));
    assertEquals(ErrorCode.ALREADY_SPECIALIZED, refusal(owner, served, false, true, of("v", 6, "a")));
    assertEquals(ErrorCode.NOT_SPECIALIZED, refusal(owner, null, false, true, of("u", 1, "a")));
    assertEquals(ErrorCode.STALE_GENERATION, refusal(owner, served, false, false, of("u", 5, "b")));
    assertEquals(ErrorCode.STALE_GENERATION, refusal(owner, served, false, false, of("u", 4, "a")));
    assertEquals(ErrorCode.DRAINING, refusal(owner, served, true, true, of("u", 6, "a")));
  }

  private static ErrorCode refusal(FunctionRef owner, LoadDocument served, boolean draining, boolean isUpdate, LoadDocument asked) {
    return assertThrows(WatcherError.class, () -> PushDecision.of(owner, served, draining, isUpdate, asked)).code();
  }

  private static CodePackage check(String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String digest = "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    return CodePackage.check(bytes, 0, digest, bytes.length);
  }

  private static String files(Object... pathsAndSizes) {
    List<Object> files = new ArrayList<>();
    for (int i = 0; i < pathsAndSizes.length; i += 2) files.add(Map.of("path", pathsAndSizes[i], "size", pathsAndSizes[i + 1]));
    return Json.render(Map.of("format", 1, "files", files)) + "\n";
  }

  @Test
  void aPackageIsUnpackedFileByFile(@TempDir Path folder) throws Exception {
    check(files("a/b/\u00fc.txt", 2, "a/c", 0, "d", 1) + "xyz").unpack(folder.resolve("new"));
    assertEquals("xy", Files.readString(folder.resolve("new/a/b/\u00fc.txt")));
    assertEquals("z", Files.readString(folder.resolve("new/d")));
    assertEquals(0, Files.size(folder.resolve("new/a/c")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil", "a/../../evil", "/evil", "a\\b", "a//b", "", ".", "a/.", "a\u0000b", "e\u0301"})
  void aPathOutOfThePackageIsRefused(String path) {
    assertEquals(ErrorCode.PACKAGE_INVALID, assertThrows(WatcherError.class, () -> check(files(path, 1) + "x")).code());
  }

  @Test
  void aManifestThatDoesNotFitIsRefused() {
    for (String text : List.of("{\"format\":1,\"files\":[{\"path\":\"\\ud800\",\"size\":0}]}\n", "garbage\n", "[]\n", "{\"format\":2,\"files\":[]}\n", "{\"format\":1}\n", "{\"format\":1,\"files\":[]}", files("a", 3) + "ab", files("a", 1) + "ab", files("a", -1), files("a", 1.5) + "a",
        files("b", 1, "a", 1) + "xy", files("a", 1, "a", 1) + "xy", files("a", 1, "a/b", 1) + "xy", files("a", Long.MAX_VALUE, "b", Long.MAX_VALUE))) {
      assertEquals(ErrorCode.PACKAGE_INVALID, assertThrows(WatcherError.class, () -> check(text), text).code());
    }
  }

  @Test
  void anotherSizeOrDigestIsRefused() {
    byte[] bytes = files().getBytes(StandardCharsets.UTF_8);
    assertThrows(WatcherError.class, () -> CodePackage.check(bytes, 0, DIGEST, bytes.length));
    assertThrows(WatcherError.class, () -> CodePackage.check(bytes, 0, DIGEST, bytes.length - 1));
  }

  @Test
  void theConfigurationNamesEveryProblemAndNoValue() {
    Config.Invalid invalid = assertThrows(Config.Invalid.class, () -> Config.parse(Map.of("FIB_PUBLIC_KEY", "c2VjcmV0", "FIB_DATA_PORT", "70000", "FIB_CONTROL_PORT", "http", "FIB_MEMORY_LIMIT_BYTES", "0")));
    assertEquals(6, invalid.problems().size());
    assertFalse(invalid.getMessage().contains("c2VjcmV0"));
  }

  @Test
  void executorsAreTriedAgainSoonerThanLater() {
    assertEquals(0, Backoff.milliseconds(0));
    assertEquals(250, Backoff.milliseconds(1));
    assertEquals(500, Backoff.milliseconds(2));
    assertEquals(10_000, Backoff.milliseconds(100));
  }
}
