package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.link.Link;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Entry of an executor: its standard input is the data listener, its arguments are the socket of its link and the file of its page. */
public final class ExecutorMain {
  private static final int REHEARSALS = 120;

  private ExecutorMain() {}

  public static void main(String[] arguments) throws IOException {
    // The supervisor deletes its file as soon as the link is up.
    Page page = Page.open(Path.of(arguments[1]));
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(arguments[0]));
    ServerSocketChannel listener = (ServerSocketChannel) System.inheritedChannel();
    System.setIn(InputStream.nullInputStream());
    serve(listener, channel, page);
    Runtime.getRuntime().halt(0);
  }

  /** Until the supervisor closes the link. */
  private static void serve(ServerSocketChannel listener, SocketChannel channel, Page page) throws IOException {
    Link link = new Link(channel);
    Journal journal = new Journal(link);
    System.setOut(CapturedOutput.stream(journal, false));
    System.setErr(CapturedOutput.stream(journal, true));
    Executor executor = new Executor(listener, link, page, journal);
    Runtime.getRuntime().addShutdownHook(new Thread(executor::answerBeforeExit, "fibonacci-exit"));
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    Thread.ofPlatform().daemon().name("fibonacci-rehearsal").start(() -> ExecutorRehearsal.run(folder, REHEARSALS, executor::isStarted));
    executor.run();
  }
}
