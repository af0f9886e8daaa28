package dev.fibonacci.watcher.supervisor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
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
  private static final int SILENT_SECONDS = 10;
  private static final int IPPROTO_TCP = 6;
  private static final int TCP_DEFER_ACCEPT = 9;

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
    deferSilentConnections();
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
    try {
      int result = (int) function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)).invokeExact(0);
      // It may have been closed before.
      assert result == 0 || result == -1;
    } catch (Throwable thrown) {
      throw new IOException("standard input cannot be closed", thrown);
    }
  }

  /** Connections that say nothing are the kernel's alone for a while (tcp(7)): they take no executor's turn. Where that cannot be had, they take one for a moment. */
  private static void deferSilentConnections() {
    if (!System.getProperty("os.name").equals("Linux")) return;
    FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment seconds = arena.allocateFrom(ValueLayout.JAVA_INT, SILENT_SECONDS);
      int ignored = (int) function("setsockopt", type).invokeExact(0, IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds, (int) seconds.byteSize());
    } catch (Throwable thrown) {
      // As said above.
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }
}
