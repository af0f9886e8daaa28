package dev.fibonacci.watcher.supervisor;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** Entry of the Java watcher: see {@code protocol/watcher.md}. */
public final class Main {
  private static final int EXIT_CONFIG = 78;
  private static final long FLUSH_MS = 500;

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    Log log = new Log();
    try {
      Config config = Config.parse(System.getenv());
      CompletableFuture<Service> started = new CompletableFuture<>();
      AtomicBoolean ending = new AtomicBoolean();
      Signals.on("INT", () -> end(130, log, started.join()), log);
      Signals.on("TERM", () -> {
        if (!ending.compareAndSet(false, true)) end(143, log, started.join());
        else Thread.ofPlatform().start(() -> drainAndEnd(log, started.join()));
      }, log);
      started.complete(Service.start(config, System.getenv(), log));
      Thread.currentThread().join();
    } catch (Config.Invalid invalid) {
      log.error("invalid configuration", Map.of("problems", invalid.problems()));
      exit(EXIT_CONFIG, log);
    } catch (IOException error) {
      log.error("the watcher could not start", Map.of("error", error.toString()));
      exit(1, log);
    }
  }

  private static void drainAndEnd(Log log, Service service) {
    service.drain();
    end(0, log, service);
  }

  private static void end(int code, Log log, Service service) {
    service.close();
    exit(code, log);
  }

  private static void exit(int code, Log log) {
    log.close(FLUSH_MS);
    Runtime.getRuntime().halt(code);
  }
}
