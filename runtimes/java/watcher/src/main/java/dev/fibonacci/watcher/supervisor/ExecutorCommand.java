package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.executor.ExecutorMain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** How an executor is started: the supervisor's own JVM and classes, with options of its own, and nothing of the supervisor's environment but a minimal base (W3.7). */
final class ExecutorCommand {
  /** Virtual threads' carriers: user code that computes must not keep all others from running. */
  private static final int LEAST_CARRIERS = 8;
  /** The rest of the limit is for what the JVM needs beside the heap. */
  private static final double HEAP_SHARE = 0.7;

  private static final String CACHE = "watcher.aot";

  private final List<String> command = new ArrayList<>();
  private final Map<String, String> environment;
  private final Path scratch;

  ExecutorCommand(Path scratch, Map<String, String> environment, OptionalLong memoryLimitBytes) {
    this.scratch = scratch;
    this.environment = environment;
    String classPath = Path.of(System.getProperty("java.class.path")).toAbsolutePath().toString();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms24m", "-XX:-UsePerfData", "-Xlog:disable", "-Xlog:all=off", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseCountedLoopSafepoints", "-XX:LoopStripMiningIter=1000"));
    if (memoryLimitBytes.isPresent()) command.add("-Xmx" + Math.max(16, (long) (memoryLimitBytes.getAsLong() * HEAP_SHARE) >> 20) + "m");
    Path cache = Path.of(classPath).resolveSibling(CACHE);
    if (Files.exists(cache)) command.add("-XX:AOTCache=" + cache);
    int carriers = Math.max(LEAST_CARRIERS, Runtime.getRuntime().availableProcessors());
    command.addAll(List.of("-Djdk.virtualThreadScheduler.parallelism=" + carriers, "-Djava.io.tmpdir=" + scratch.resolve("tmp"), "-Duser.home=" + scratch));
    command.addAll(List.of("-cp", classPath, ExecutorMain.class.getName()));
  }

  /** What user code gets beside its own variables. */
  static Map<String, String> baseEnvironment(Path scratch, Map<String, String> own) {
    Map<String, String> base = new LinkedHashMap<>();
    base.put("PATH", own.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin"));
    base.put("HOME", scratch.toString());
    base.put("TMPDIR", scratch.resolve("tmp").toString());
    base.put("LANG", own.getOrDefault("LANG", "C.UTF-8"));
    base.put("TZ", own.getOrDefault("TZ", "UTC"));
    return base;
  }

  ProcessBuilder builder(Path socket, Path page) {
    List<String> whole = new ArrayList<>(command);
    whole.add(socket.toString());
    whole.add(page.toString());
    ProcessBuilder builder = new ProcessBuilder(whole).directory(scratch.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    // Names of files are UTF-8, whatever the locale is; user code does not see this one.
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder;
  }
}
