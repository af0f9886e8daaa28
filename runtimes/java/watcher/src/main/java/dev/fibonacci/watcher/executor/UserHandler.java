package dev.fibonacci.watcher.executor;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.fibonacci.function.Context;
import dev.fibonacci.function.Handler;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** The class that a handler names, and its method: {@code <Class>.<method>}, or {@code <Class>} for one that implements {@link Handler} or {@link HttpFunction}. */
final class UserHandler {
  /**
   * A handler of signature {@code event}.
   *
   * @param argument what the event is given as; null if it takes none
   */
  record EventCall(Type argument, Call call) {}

  /** Calls user code. */
  interface Call {
    Object call(Object event, Context context) throws Exception;
  }

  private final String name;
  private final Class<?> owner;
  /** Null: the class itself is the handler. */
  private final String member;

  private Object instance;

  private UserHandler(String name, Class<?> owner, String member) {
    this.name = name;
    this.owner = owner;
    this.member = member;
  }

  /** Initializes the class. @throws dev.fibonacci.watcher.WatcherError LOAD_FAILED if there is none */
  static UserHandler find(RevisionLoader loader, String handler) {
    int dot = handler.lastIndexOf('.');
    String path = handler.substring(0, dot).replace('/', '.');
    String member = handler.substring(dot + 1);
    Class<?> owner = load(loader, path);
    if (owner != null) return new UserHandler(handler, owner, member);
    Class<?> whole = load(loader, path + "." + member);
    if (whole != null) return new UserHandler(handler, whole, null);
    throw Loading.failed(
        "The handler " + handler + " is not in the package: it has neither a class " + path + " nor a class " + path + "." + member + "; `handler` is `<Class>.<method>`, or `<Class>` of one that implements "
            + "Handler or HttpFunction.");
  }

  private static Class<?> load(RevisionLoader loader, String name) {
    try {
      return Class.forName(name, true, loader);
    } catch (ClassNotFoundException absent) {
      return null;
    }
  }

  // -- event

  EventCall forEvents() {
    if (member == null || (Handler.class.isAssignableFrom(owner) && member.equals("handle"))) return ofInterface();
    Method method = method(candidate -> isEventMethod(candidate), "(event), (event, Context), (Context) or ()");
    Class<?>[] types = method.getParameterTypes();
    Object target = Modifier.isStatic(method.getModifiers()) ? null : instance();
    boolean takesContext = types.length > 0 && types[types.length - 1] == Context.class;
    Type argument = types.length - (takesContext ? 1 : 0) > 0 ? method.getGenericParameterTypes()[0] : null;
    return new EventCall(argument, (event, context) -> {
      Object[] values = argument == null ? (takesContext ? new Object[] {context} : new Object[0]) : takesContext ? new Object[] {event, context} : new Object[] {event};
      return invoke(method, target, values);
    });
  }

  @SuppressWarnings("unchecked")
  private EventCall ofInterface() {
    if (!Handler.class.isAssignableFrom(owner)) throw misfit("event", "the class does not implement " + Handler.class.getName());
    Handler<Object, Object> target = (Handler<Object, Object>) instance();
    for (Class<?> type = owner; type != null; type = type.getSuperclass()) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals("handle") && !method.isBridge() && method.getParameterCount() == 2 && method.getParameterTypes()[1] == Context.class) {
          return new EventCall(method.getGenericParameterTypes()[0], target::handle);
        }
      }
    }
    return new EventCall(Object.class, target::handle);
  }

  private static boolean isEventMethod(Method method) {
    Class<?>[] types = method.getParameterTypes();
    return types.length <= 1 || (types.length == 2 && types[0] != Context.class && types[1] == Context.class);
  }

  // -- http

  HttpFunction forHttp() {
    if (member == null || (HttpFunction.class.isAssignableFrom(owner) && member.equals("service"))) {
      if (!HttpFunction.class.isAssignableFrom(owner)) throw misfit("http", "the class does not implement " + HttpFunction.class.getName());
      return (HttpFunction) instance();
    }
    Class<?>[] wanted = {HttpRequest.class, HttpResponse.class};
    Method method = method(candidate -> Arrays.equals(candidate.getParameterTypes(), wanted), "(HttpRequest, HttpResponse)");
    Object target = Modifier.isStatic(method.getModifiers()) ? null : instance();
    return (request, response) -> invoke(method, target, request, response);
  }

  /** What is to be closed when the revision has ended; null if it is nothing of the kind. */
  AutoCloseable closeable() {
    return instance instanceof AutoCloseable closeable ? closeable : null;
  }

  private Method method(Predicate<Method> fits, String wanted) {
    List<Method> named = Arrays.stream(owner.getDeclaredMethods()).filter(method -> method.getName().equals(member) && !method.isBridge() && !method.isSynthetic()).toList();
    if (named.isEmpty()) named = Arrays.stream(owner.getMethods()).filter(method -> method.getName().equals(member) && !method.isBridge()).toList();
    if (named.isEmpty()) throw Loading.failed("The class " + owner.getName() + " has no method " + member + "; `handler` is `<Class>.<method>`, and is " + name + ".");
    List<Method> fitting = named.stream().filter(fits).toList();
    if (fitting.size() != 1) throw Loading.failed(name + " is no handler: the class must have one method " + member + " with the parameters " + wanted + ", and has " + fitting.size() + ".");
    Method method = fitting.getFirst();
    method.setAccessible(true);
    return method;
  }

  private Object instance() {
    if (instance != null) return instance;
    try {
      Constructor<?> constructor = owner.getDeclaredConstructor();
      constructor.setAccessible(true);
      instance = constructor.newInstance();
      return instance;
    } catch (NoSuchMethodException absent) {
      throw Loading.failed("The class " + owner.getName() + " needs a public constructor without parameters.");
    } catch (InstantiationException | IllegalAccessException error) {
      throw Loading.failed("The class " + owner.getName() + " cannot be instantiated: make it public and not abstract.");
    } catch (InvocationTargetException thrown) {
      throw new LoadingThrew(thrown.getCause());
    }
  }

  private RuntimeException misfit(String signature, String problem) {
    return Loading.failed(name + " is no handler of signature " + signature + ": " + problem + ".");
  }

  private static Object invoke(Method method, Object target, Object... values) throws Exception {
    try {
      return method.invoke(target, values);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof Exception exception) throw exception;
      if (thrown.getCause() instanceof Error error) throw error;
      throw thrown;
    }
  }
}
