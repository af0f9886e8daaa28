import { setImmediate as nextTurn } from 'node:timers/promises';

/** The part of a response that is used. */
export interface PiecesSink {
  write(text: string): boolean;
  end(text?: string): unknown;
  readonly destroyed: boolean;
}

/** Others wait at most about this long. */
const TURN_MS = 1;

/** Sends a long text that is made piece by piece, and lets the event loop do other things as soon as it took `TURN_MS`. Stops where the other side went away. */
export async function sendInPieces(response: PiecesSink, pieces: Iterable<string>, now: () => number = () => performance.now()): Promise<void> {
  let text = '';
  let begun = now();
  for (const piece of pieces) {
    text += piece;
    if (now() - begun < TURN_MS) continue;
    response.write(text);
    text = '';
    await nextTurn();
    if (response.destroyed) return;
    begun = now();
  }
  response.end(text);
}
