import type { PlatformError } from '../../protocol/errors.ts';
import type { Instance } from './instance.ts';

/** A request that wants a slot of a function. */
export interface Claimant {
  /** The instance that failed it last: another is tried first. */
  readonly avoid: Instance | undefined;
  /** It has a slot, which it must release. */
  onSlot(instance: Instance): void;
  /** It got none. */
  onNoSlot(error: PlatformError): void;
}

/** A place in the line. */
export interface Place {
  readonly claimant: Claimant;
  timer: NodeJS.Timeout | undefined;
  before: Place | undefined;
  after: Place | undefined;
  waiting: boolean;
}

/** First come, first served; leaving from the middle costs nothing. Those that come back from a refusal stand in front. */
export class WaitingLine {
  size = 0;
  #first: Place | undefined;
  #last: Place | undefined;

  get first(): Place | undefined {
    return this.#first;
  }

  join(claimant: Claimant, inFront: boolean): Place {
    const place: Place = { claimant, timer: undefined, before: undefined, after: undefined, waiting: true };
    if (!this.#first || !this.#last) {
      this.#first = this.#last = place;
    } else if (inFront) {
      place.after = this.#first;
      this.#first.before = place;
      this.#first = place;
    } else {
      place.before = this.#last;
      this.#last.after = place;
      this.#last = place;
    }
    this.size++;
    return place;
  }

  leave(place: Place): void {
    if (!place.waiting) return;
    place.waiting = false;
    clearTimeout(place.timer);
    if (place.before) place.before.after = place.after;
    else this.#first = place.after;
    if (place.after) place.after.before = place.before;
    else this.#last = place.before;
    this.size--;
  }
}
