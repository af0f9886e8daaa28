package dev.fibonacci.watcher.link;

/** Invocations by outcome and duration: sums over executors, living and dead. */
public final class Totals {
  /** How a request ended; {@code refused} has no duration. */
  public enum Outcome {
    OK,
    ERROR,
    TIMEOUT,
    REFUSED
  }

  /** Upper bounds of the histogram, in seconds. */
  private static final double[] BOUNDS = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

  public static final int BUCKETS = BOUNDS.length + 1;
  final long[] outcomes = new long[Outcome.values().length];
  final long[] buckets = new long[BUCKETS];
  long durationNanos;

  public static double bound(int bucket) {
    return bucket < BOUNDS.length ? BOUNDS[bucket] : Double.POSITIVE_INFINITY;
  }

  static int bucketOf(long nanos) {
    int bucket = 0;
    while (bucket < BOUNDS.length && nanos > BOUNDS[bucket] * 1e9) bucket++;
    return bucket;
  }

  public void refused() {
    outcomes[Outcome.REFUSED.ordinal()]++;
  }

  public void count(Outcome outcome, long nanos) {
    outcomes[outcome.ordinal()]++;
    buckets[bucketOf(nanos)]++;
    durationNanos += nanos;
  }

  public void add(Totals other) {
    for (int i = 0; i < outcomes.length; i++) outcomes[i] += other.outcomes[i];
    for (int i = 0; i < BUCKETS; i++) buckets[i] += other.buckets[i];
    durationNanos += other.durationNanos;
  }

  public long of(Outcome outcome) {
    return outcomes[outcome.ordinal()];
  }

  public long bucket(int index) {
    return buckets[index];
  }

  public double durationSeconds() {
    return durationNanos / 1e9;
  }

  /** Invocations that have ended. */
  public long invocations() {
    return of(Outcome.OK) + of(Outcome.ERROR) + of(Outcome.TIMEOUT);
  }
}
