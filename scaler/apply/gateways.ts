import type { LeaderMessage } from '../../protocol/stream.ts';

/** The gateways, as those see them who have something to tell. */
export interface Gateways {
  broadcast(message: LeaderMessage): void;
  /** Ids of the live ones (connected, or lost a moment ago). */
  live(): readonly string[];
}
