import { METRICS } from '../../protocol/names.ts';

/** What is counted of one function: plain numbers, turned into text only when scraped. */
export class Tally {
  readonly key: string;
  succeeded = 0;
  clientErrors = 0;
  failed = 0;
  timedOut = 0;
  durationSeconds = 0;
  /** When the function was last used or made, on the monotonic clock. */
  lastUsed = performance.now();
  #labels = '';
  #rate = '';

  constructor(key: string) {
    this.key = key;
    this.#labels = `{function_name="${key}"}`;
  }

  setRate(targetRate: number | undefined): void {
    this.#rate = targetRate === undefined ? '' : String(targetRate);
  }

  /** One request is over. `now` and `startedAt` on the monotonic clock. */
  count(status: number, startedAt: number, now: number): void {
    if (status < 400) this.succeeded++;
    else if (status < 500) this.clientErrors++;
    else if (status === 504) this.timedOut++;
    else this.failed++;
    this.durationSeconds += (now - startedAt) / 1000;
    this.lastUsed = now;
  }

  /** Series of this function by metric name; at most six. `inFlight` and `waiting` are of now. */
  series(inFlight: number, waiting: number): { invocations: string; durations: string; inFlight: string; waiting: string } {
    const used = this.succeeded + this.clientErrors + this.failed + this.timedOut + inFlight + waiting > 0;
    const allCodes = this.clientErrors > 0 && this.failed > 0 && this.timedOut > 0;
    // With all four codes there the limit of six leaves room for two of these three; an absent gauge says 0, and a counter that misses a scrape loses nothing.
    const shows = { waiting: used && (waiting > 0 || !allCodes), durations: used && !(allCodes && waiting > 0) };
    return {
      invocations: this.#code('200', this.succeeded, true) + this.#code('4xx', this.clientErrors) + this.#code('5xx', this.failed) + this.#code('504', this.timedOut),
      durations: shows.durations ? `${METRICS.invokeDurationSum}${this.#labels} ${this.durationSeconds}\n` : '',
      inFlight: used ? `${METRICS.inFlight}${this.#labels} ${inFlight}\n` : '',
      waiting: shows.waiting ? `${METRICS.waiting}${this.#labels} ${waiting}\n` : '',
    };
  }

  #code(code: string, count: number, always = false): string {
    return count > 0 || always ? `${METRICS.invokeTotal}{function_name="${this.key}",code="${code}",rate="${this.#rate}"} ${count}\n` : '';
  }
}
