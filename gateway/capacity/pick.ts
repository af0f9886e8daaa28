/** What picking looks at. */
export interface Candidate {
  readonly zone: string;
  readonly concurrency: number;
  readonly inFlight: number;
  readonly resting: boolean;
}

/** Weighs more than any number of requests in flight. */
const OTHER_ZONE = 1_000_000;

/**
 * The instance for a request: one with a free slot, of the own zone before others, with the least in flight; equals take turns from `start`. An instance to `avoid` is taken only when nothing else is free.
 * @returns its index, or -1
 */
export function pickInstance(candidates: readonly Candidate[], start: number, zone: string, avoid?: Candidate): number {
  const count = candidates.length;
  let best = -1;
  let least = Infinity;
  for (let step = 0; step < count; step++) {
    const index = (start + step) % count;
    const { inFlight, concurrency, resting, zone: itsZone } = candidates[index] as Candidate;
    if (resting || inFlight >= concurrency) continue;
    const load = inFlight + (zone !== '' && itsZone !== zone ? OTHER_ZONE : 0) + (avoid !== undefined && candidates[index] === avoid ? 2 * OTHER_ZONE : 0);
    if (load === 0) return index;
    if (load < least) {
      least = load;
      best = index;
    }
  }
  return best;
}
