package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.http.Wire;
import dev.fibonacci.watcher.link.Page;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Takes connections from the data listener, which all executors and the supervisor share: what nobody takes waits in the kernel, so that no connection is lost with an executor. In process mode one
 * connection at a time: the next when the invocation has ended, or after a while if the client says nothing.
 */
final class Acceptor {
  private static final long PATIENCE_MS = 500;

  private final ServerSocketChannel listener;
  private final Page page;
  private final Connections connections;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Selector selector;
  private boolean oneAtATime;
  private boolean stopped;
  private boolean busy;
  private int waiting;

  Acceptor(ServerSocketChannel listener, Page page, Connections connections) throws IOException {
    this.listener = listener;
    this.page = page;
    this.connections = connections;
    selector = Selector.open();
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  void start(Admission admission, Journal journal, boolean single) {
    oneAtATime = single;
    Thread.ofPlatform().daemon().name("fibonacci-acceptor").start(() -> run(admission, journal));
  }

  /** For good. */
  void stop() {
    change(() -> stopped = true);
  }

  /** Process mode: whether an invocation runs. */
  void busy(boolean now) {
    change(() -> {
      busy = now;
      waiting = 0;
    });
  }

  private void change(Runnable what) {
    lock.lock();
    try {
      what.run();
      // Before the answer goes out that makes room, so that the supervisor does not refuse who comes after it.
      page.setTaken(isClosed());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    selector.wakeup();
  }

  private boolean isClosed() {
    return stopped || (oneAtATime && (busy || waiting > 0));
  }

  private void run(Admission admission, Journal journal) {
    try {
      while (awaitTurn()) {
        selector.select();
        selector.selectedKeys().clear();
        SocketChannel channel = accept();
        if (channel != null) serve(channel, admission, journal);
      }
    } catch (IOException | InterruptedException error) {
      journal.write("error", "the listener failed", Map.of("error", Failure.describe(error)));
    }
  }

  /** False once it is stopped. */
  private boolean awaitTurn() throws InterruptedException {
    lock.lock();
    try {
      while (isClosed() && !stopped) {
        if (busy) changed.await();
        else if (!changed.await(PATIENCE_MS, TimeUnit.MILLISECONDS)) waiting = 0;
      }
      page.setTaken(isClosed());
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  private SocketChannel accept() throws InterruptedException {
    lock.lock();
    try {
      if (isClosed()) return null;
      SocketChannel channel = listener.accept();
      if (channel != null && oneAtATime) {
        waiting++;
        page.setTaken(true);
      }
      return channel;
    } catch (IOException outOfDescriptors) {
      Thread.sleep(20);
      return null;
    } finally {
      lock.unlock();
    }
  }

  private void serve(SocketChannel channel, Admission admission, Journal journal) {
    try {
      Wire wire = new Wire(channel);
      connections.add(wire);
      Connection connection = new Connection(wire, admission, journal, connections);
      Thread.ofVirtual().start(oneAtATime ? () -> serveAlone(connection) : connection);
    } catch (IOException gone) {
      // The client was faster.
    }
  }

  private void serveAlone(Connection connection) {
    try {
      connection.run();
    } finally {
      change(() -> waiting = 0);
    }
  }
}
