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
  /** All there is to show of a function that was never used: code 200 at 0. Kept, because most of many functions are such. */
  untouched = '';
  readonly #labels: string;
  #rate = '';

  constructor(key: string) {
    this.key = key;
    this.#labels = `{function_name="${key}"}`;
    this.setRate(undefined);
  }

  setRate(targetRate: number | undefined): void {
    this.#rate = targetRate === undefined ? '' : String(targetRate);
    this.untouched = this.#code('200', 0, true);
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

  get used(): boolean {
    return this.succeeded + this.clientErrors + this.failed + this.timedOut > 0;
  }

  /** Series of this function by metric name; at most six. `inFlight` and `waiting` are of now. */
  series(inFlight: number, waiting: number): { invocations: string; durations: string; inFlight: string; waiting: string } {
    const allCodes = this.clientErrors > 0 && this.failed > 0 && this.timedOut > 0;
    // With all four codes there the limit of six leaves room for two of these three; an absent gauge says 0, and a counter that misses a scrape loses nothing.
    const shows = { waiting: waiting > 0 || !allCodes, durations: !(allCodes && waiting > 0) };
    return {
      invocations:
        this.#code('200', this.succeeded, true) + this.#code('4xx', this.clientErrors) + this.#code('5xx', this.failed) + this.#code('504', this.timedOut),
      durations: shows.durations ? `${METRICS.invokeDurationSum}${this.#labels} ${this.durationSeconds}\n` : '',
      inFlight: `${METRICS.inFlight}${this.#labels} ${inFlight}\n`,
      waiting: shows.waiting ? `${METRICS.waiting}${this.#labels} ${waiting}\n` : '',
    };
  }

  #code(code: string, count: number, always = false): string {
    return count > 0 || always ? `${METRICS.invokeTotal}{function_name="${this.key}",code="${code}",rate="${this.#rate}"} ${count}\n` : '';
  }
}
