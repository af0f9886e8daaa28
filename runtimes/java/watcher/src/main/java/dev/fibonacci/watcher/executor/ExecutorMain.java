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
import java.util.Map;

/** Entry of an executor: its standard input is the data listener, its arguments are the socket of its link and the file of its page. */
public final class ExecutorMain {
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
  public static void serve(ServerSocketChannel listener, SocketChannel channel, Page page) {
    Link link = new Link(channel);
    Journal journal = new Journal(link);
    System.setOut(CapturedOutput.stream(journal, false));
    System.setErr(CapturedOutput.stream(journal, true));
    try {
      new Executor(listener, link, page, journal).run();
    } catch (IOException error) {
      journal.write("error", "the executor could not start", Map.of("error", Failure.describe(error)));
    }
  }
}
