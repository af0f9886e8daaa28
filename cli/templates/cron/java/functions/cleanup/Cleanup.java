import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;

public final class Cleanup {
  /** What the timer in stack.ts says. */
  public record Tick(int days) {}

  public static Map<String, String> handle(Tick tick) {
    String before = LocalDate.now(ZoneOffset.UTC).minusDays(tick.days()).toString();
    System.out.println("here goes what is older than " + before);
    return Map.of("before", before);
  }
}
