package dev.fibonacci.watcher.link;

import dev.fibonacci.watcher.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an executor is told to load. */
public record Order(
    String namespace,
    String name,
    String content,
    String folder,
    String handler,
    String signature,
    boolean oneAtATime,
    int concurrency,
    long timeoutMs,
    long maxBodyBytes,
    Map<String, String> environment) {

  /** {@code <namespace>/<name>}, as in labels and logs. */
  public String function() {
    return namespace + "/" + name;
  }

  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("namespace", namespace);
    json.put("name", name);
    json.put("content", content);
    json.put("folder", folder);
    json.put("handler", handler);
    json.put("signature", signature);
    json.put("oneAtATime", oneAtATime);
    json.put("concurrency", concurrency);
    json.put("timeoutMs", timeoutMs);
    json.put("maxBodyBytes", maxBodyBytes);
    json.put("environment", environment);
    return json;
  }

  public static Order parse(byte[] payload) {
    Map<String, Object> json = Json.parseObject(payload, 0, payload.length);
    Map<String, String> environment = new LinkedHashMap<>();
    ((Map<?, ?>) json.get("environment")).forEach((name, value) -> environment.put((String) name, (String) value));
    return new Order(
        (String) json.get("namespace"),
        (String) json.get("name"),
        (String) json.get("content"),
        (String) json.get("folder"),
        (String) json.get("handler"),
        (String) json.get("signature"),
        (Boolean) json.get("oneAtATime"),
        ((Long) json.get("concurrency")).intValue(),
        (Long) json.get("timeoutMs"),
        (Long) json.get("maxBodyBytes"),
        environment);
  }
}
