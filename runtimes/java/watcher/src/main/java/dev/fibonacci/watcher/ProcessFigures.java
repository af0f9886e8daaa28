package dev.fibonacci.watcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What the operating system says of a process. */
public final class ProcessFigures {
  private ProcessFigures() {}

  /** Resident memory as the kernel sees it, which also holds when user code blocks; 0 where /proc does not tell. */
  public static long residentBytes(long pid) {
    try {
      String text = Files.readString(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1);
      int at = text.indexOf("VmRSS:");
      if (at < 0) return 0;
      int end = text.indexOf("kB", at);
      return Long.parseLong(text.substring(at + 6, end).strip()) * 1024;
    } catch (IOException | RuntimeException error) {
      return 0;
    }
  }

  /** Processor time that it has used, 0 if that cannot be told. */
  public static double cpuSeconds(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
  }
}
