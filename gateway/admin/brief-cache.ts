/** Answers that stay true for a moment; who asks for the same at once waits for one answer. Failures are not kept. */
export interface BriefCache<T> {
  get(key: string, load: () => Promise<T>): Promise<T>;
}

export function createBriefCache<T>({ lifeMs, size, now }: { lifeMs: number; size: number; now: () => number }): BriefCache<T> {
  const kept = new Map<string, { readonly until: number; readonly value: Promise<T> }>();
  return {
    get(key, load) {
      const known = kept.get(key);
      if (known && known.until > now()) return known.value;
      const entry = { until: now() + lifeMs, value: load() };
      kept.delete(key);
      kept.set(key, entry);
      entry.value.catch(() => kept.get(key) === entry && kept.delete(key));
      // All live equally long: the oldest is the first to end.
      for (const oldest of kept.keys()) {
        if (kept.size <= size) break;
        kept.delete(oldest);
      }
      return entry.value;
    },
  };
}
