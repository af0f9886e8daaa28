import dev.fibonacci.function.Response;
import java.util.Map;

public final class Points {
  /** The data of the event. */
  public record Order(int order, Double total) {}

  record Earned(int order, long points) {}

  public static Object handle(Order paid) {
    if (paid == null || paid.total() == null) return Response.of(400, Map.of("error", "send a CloudEvent with the order and its total"));
    System.out.printf("order %d is paid%n", paid.order());
    return new Earned(paid.order(), (long) Math.floor(paid.total()));
  }
}
