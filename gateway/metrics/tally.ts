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
  #rate = '';

  constructor(key: string) {
    this.key = key;
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

  /** Requests by outcome. Of a function there are at most six series in all. */
  invocations(): string {
    return this.#code('200', this.succeeded, true) + this.#code('4xx', this.clientErrors) + this.#code('5xx', this.failed) + this.#code('504', this.timedOut);
  }

  // With all four codes there the limit of six leaves room for two of the following three; an absent gauge says 0, and a counter that misses a scrape loses nothing.
  durations(waiting: number): string {
    return this.#hasAllCodes && waiting > 0 ? '' : this.#line(METRICS.invokeDurationSum, this.durationSeconds);
  }

  /** Of now. */
  inFlight(count: number): string {
    return this.#line(METRICS.inFlight, count);
  }

  /** Of now. */
  waiting(count: number): string {
    return this.#hasAllCodes && count === 0 ? '' : this.#line(METRICS.waiting, count);
  }

  get #hasAllCodes(): boolean {
    return this.clientErrors > 0 && this.failed > 0 && this.timedOut > 0;
  }

  #line(name: string, value: number): string {
    return `${name}{function_name="${this.key}"} ${value}\n`;
  }

  #code(code: string, count: number, always = false): string {
    if (count === 0 && !always) return '';
    // Joined, because a template's text is held with the parts that it was made of.
    return [METRICS.invokeTotal, '{function_name="', this.key, '",code="', code, '",rate="', this.#rate, '"} ', count, '\n'].join('');
  }
}
