/** A Lease as we read it (Kubernetes, "Leases", `coordination.k8s.io/v1`). */
export interface LeaseRecord {
  readonly version: string;
  /** Empty where it was given up. */
  readonly holder: string;
  readonly transitions: number;
}

/** A record and when, by our own clock, it was first seen so: how the holder’s clock stands does not matter. */
export interface Observation {
  readonly record: LeaseRecord | undefined;
  readonly atMs: number;
}

export type CandidateStep =
  /** There is no Lease. */
  | { readonly kind: 'create' }
  /** The holder gave it up, or was not heard of for the whole duration. */
  | { readonly kind: 'take'; readonly transitions: number; readonly version: string }
  | { readonly kind: 'wait'; readonly ms: number };

/** What one that does not lead does. The time that counts is how long the record has not changed while we could see it. */
export function decideCandidate({ record, atMs }: Observation, nowMs: number, durationMs: number): CandidateStep {
  if (!record) return { kind: 'create' };
  const left = record.holder === '' ? 0 : atMs + durationMs - nowMs;
  return left > 0 ? { kind: 'wait', ms: left } : { kind: 'take', transitions: record.transitions + 1, version: record.version };
}

export type HolderStep =
  | { readonly kind: 'renew'; readonly version: string }
  /** Somebody deleted the Lease. */
  | { readonly kind: 'create' }
  | { readonly kind: 'lost'; readonly reason: string };

/** What the one that leads does with a record that is not what it wrote last. */
export function decideHolder(record: LeaseRecord | undefined, own: { readonly identity: string; readonly transitions: number }): HolderStep {
  if (!record) return { kind: 'create' };
  if (record.transitions > own.transitions) return { kind: 'lost', reason: `${record.holder || 'another'} leads since transition ${record.transitions}` };
  if (record.holder !== own.identity && record.holder !== '') return { kind: 'lost', reason: `${record.holder} holds the Lease` };
  return { kind: 'renew', version: record.version };
}

const FIRST_DAY = Date.UTC(2026, 0, 1);

/** The transition number of a Lease that is new: minutes since 2026, so that a Lease that somebody deleted comes back with a higher number than it ever had. Fits 32 bits. */
export function firstTransitions(now: number): number {
  return Math.max(0, Math.floor((now - FIRST_DAY) / 60_000));
}
