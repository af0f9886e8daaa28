import dev.fibonacci.function.Event;
import java.util.Objects;

public final class Hello {
  record Greeting(String message, String environment) {}

  public static Greeting handle(Event event) {
    String name = Objects.requireNonNullElse(event.query("name"), "world");
    return new Greeting("Hello, " + name + "!", System.getenv("ENVIRONMENT"));
  }
}
