package dev.fibonacci.watcher.supervisor;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;

/**
 * The data port's listening socket, as standard input: a child that inherits it has it by {@link System#inheritedChannel}, and all share one queue of connections. That is the only descriptor that a JVM
 * can hand to another.
 */
final class DataListener {
  private static final int BACKLOG = 1024;

  /** Keeps descriptor 0; closing it would close the port. */
  private final ServerSocketChannel owner;
  private final ServerSocketChannel channel;

  private DataListener(ServerSocketChannel owner, ServerSocketChannel channel) {
    this.owner = owner;
    this.channel = channel;
  }

  /** To be called before anything else opens files in other threads. @throws IOException if the port is taken */
  static DataListener open(String host, int port) throws IOException {
    ProtocolFamily family = familyOf(host);
    // What the first socket opens for itself must not get descriptor 0.
    ServerSocketChannel.open(family).close();
    closeStandardInput();
    ServerSocketChannel owner = ServerSocketChannel.open(family);
    owner.bind(new InetSocketAddress(host, port), BACKLOG);
    if (!(System.inheritedChannel() instanceof ServerSocketChannel channel) || channel.socket().getLocalPort() != owner.socket().getLocalPort()) {
      throw new IOException("the data port’s listener did not become standard input");
    }
    return new DataListener(owner, channel);
  }

  static ProtocolFamily familyOf(String host) {
    return host.contains(":") ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
  }

  ServerSocketChannel channel() {
    return channel;
  }

  int port() {
    return owner.socket().getLocalPort();
  }

  /** The lowest free descriptor goes to the next socket. */
  private static void closeStandardInput() throws IOException {
    Linker linker = Linker.nativeLinker();
    MethodHandle close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try {
      int ignored = (int) close.invokeExact(0);
    } catch (Throwable thrown) {
      throw new IOException("standard input cannot be closed", thrown);
    }
  }
}
