package dev.fibonacci.watcher.user;

import java.lang.StackWalker.Option;
import java.util.Map;

/** Stands in for {@code System} where user code asks for its environment, or ends the process. The caller's class loader tells which revision it is of. */
public final class UserSystem {
  private static final StackWalker CALLERS = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

  private UserSystem() {}

  public static Map<String, String> getenv() {
    return CALLERS.getCallerClass().getClassLoader() instanceof Surroundings own ? own.environment() : System.getenv();
  }

  public static String getenv(String name) {
    return CALLERS.getCallerClass().getClassLoader() instanceof Surroundings own ? own.environment().get(name) : System.getenv(name);
  }

  /** @throws ExitWhileLoading while the revision loads */
  public static void exit(int status) {
    if (CALLERS.getCallerClass().getClassLoader() instanceof Surroundings own && own.isLoading()) throw new ExitWhileLoading(status);
    System.exit(status);
  }

  /** The code would end the process when it loads. */
  public static final class ExitWhileLoading extends Error {
    private static final long serialVersionUID = 1L;

    ExitWhileLoading(int status) {
      super("the code ends the process with exit code " + status + " when it loads");
    }
  }
}
