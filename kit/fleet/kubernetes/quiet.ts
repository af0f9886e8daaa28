export interface QuietOptions {
  /** As long as this nothing may have happened … */
  readonly quietMs: number;
  /** … but who waits, waits no longer than this. */
  readonly latestMs: number;
}

/** Lets what is not urgent wait until a burst is over. */
export interface Quiet {
  /** Something urgent happens now. */
  disturb(): void;
  /** Resolves when it is quiet, at once where it is. */
  wait(): Promise<void>;
}

export function createQuiet({ quietMs, latestMs }: QuietOptions, now: () => number): Quiet {
  let disturbedAt = -Infinity;
  return {
    disturb() {
      disturbedAt = now();
    },
    async wait() {
      const latest = now() + latestMs;
      for (let left = 1; left > 0;) {
        left = Math.min(disturbedAt + quietMs, latest) - now();
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left).unref());
      }
    },
  };
}
