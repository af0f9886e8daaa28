package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.executor.ExecutorRehearsal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.OptionalLong;

/** Entry of a training run: does once what supervisor and executor do, in one JVM, which keeps what it has learnt for their start (JEP 514). Ends with exit code 0 if all went well. */
public final class Training {
  private static final int REQUESTS = 300;
  private Training() {}

  public static void main(String[] arguments) throws Exception {
    Path scratch = Files.createTempDirectory("fib");
    try {
      byte[] key = Rehearsal.rawKey(KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
      Service service = Service.start(new Config("training", scratch, key, "127.0.0.1", 0, 0, OptionalLong.empty()), System.getenv(), new Log());
      new Rehearsal(scratch, service.controlPort()).run();
      ExecutorRehearsal.run(scratch, REQUESTS, () -> false);
      service.close();
    } finally {
      Folders.delete(scratch);
    }
    System.exit(0);
  }
}
