package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.LineSplitter;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** {@code System.out} and {@code System.err} of user code: complete lines go to the journal, with the request they belong to where they are printed in its thread (W8.1). */
final class CapturedOutput extends OutputStream {
  private final Journal journal;
  private final boolean isError;
  private final LineSplitter outside = new LineSplitter();

  private CapturedOutput(Journal journal, boolean isError) {
    this.journal = journal;
    this.isError = isError;
  }

  static PrintStream stream(Journal journal, boolean isError) {
    return new PrintStream(new CapturedOutput(journal, isError), true, StandardCharsets.UTF_8);
  }

  @Override
  public void write(int one) {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) {
    Exchange exchange = Exchange.CURRENT.isBound() ? Exchange.CURRENT.get() : null;
    if (exchange != null) {
      exchange.output(isError).feed(bytes, from, count, (line, cut) -> journal.output(level(), exchange.requestId, line, cut));
      return;
    }
    synchronized (outside) {
      outside.feed(bytes, from, count, (line, cut) -> journal.output(level(), null, line, cut));
    }
  }

  private String level() {
    return isError ? "error" : "info";
  }
}
