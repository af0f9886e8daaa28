package dev.fibonacci.watcher.http;

import java.io.IOException;

/** The connection broke: there is nobody to answer. */
public final class ClientGone extends IOException {
  private static final long serialVersionUID = 1L;

  public ClientGone(Throwable cause) {
    super("The client has gone.", cause);
  }
}
