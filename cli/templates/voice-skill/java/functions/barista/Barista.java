import dev.fibonacci.function.Event;
import dev.fibonacci.function.Response;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public final class Barista {
  record Question(String name, String question, List<String> answers) {}

  record Reply(String reply, Map<String, Object> session, boolean ends) {}

  private static final List<Question> QUESTIONS = List.of(
      new Question("drink", "Coffee or tea?", List.of("coffee", "tea")),
      new Question("size", "Small or large?", List.of("small", "large")));

  /** The body is {"text", "session"?}: the session is that of the last reply. */
  public static Object handle(Event event) {
    if (!(event.body() instanceof Map<?, ?> body) || !(body.get("text") instanceof String text)) {
      return Response.of(400, Map.of("error", "send {\"text\":\"…\"}"));
    }
    Map<String, Object> session = new TreeMap<>();
    if (body.get("session") instanceof Map<?, ?> last) last.forEach((name, answer) -> session.put((String) name, answer));
    for (Question question : QUESTIONS) {
      for (String answer : question.answers()) {
        if (text.toLowerCase().contains(answer)) session.put(question.name(), answer);
      }
    }
    for (Question question : QUESTIONS) {
      if (!session.containsKey(question.name())) return new Reply(question.question(), session, false);
    }
    return new Reply("A %s %s. It is on its way.".formatted(session.get("size"), session.get("drink")), session, true);
  }
}
