package dev.fibonacci.watcher.executor;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.fibonacci.function.Context;
import dev.fibonacci.function.Event;
import dev.fibonacci.function.Response;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The function of a rehearsal. */
public final class RehearsalSample implements HttpFunction {
  record Answer(String text, List<Integer> numbers) {}

  public static Object handler(Event event, Context context) {
    Object which = event.asMap().get("query") instanceof Map<?, ?> query ? query.get("case") : "response";
    return switch (String.valueOf(which)) {
      case "map" -> Map.of("id", context.requestId(), "remaining", context.remainingMs(), "home", String.valueOf(System.getenv("HOME")));
      case "text" -> "text";
      case "pieces" -> List.of("a", "b").iterator();
      case "response" -> Response.of(200, new Answer("text", List.of(1, 2))).withHeader("x", "y");
      case "log" -> {
        context.log().info("a message", Map.of("a", 1));
        yield null;
      }
      default -> throw new IllegalArgumentException("as it should");
    };
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    request.getInputStream().readAllBytes();
    response.appendHeader("x", request.getFirstQueryParameter("case").orElse(""));
    response.getWriter().write("text");
  }
}
