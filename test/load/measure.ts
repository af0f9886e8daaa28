/** One measured figure against its budget. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  /** `s`, `ms`, `MiB`, `ratio` … */
  readonly unit: string;
  /** The most (or, where the name says so, the least) that is allowed. */
  readonly budget: number;
  readonly ok: boolean;
  /** Why it is not ok, where that is not the figure itself, such as `noisy`. */
  readonly reason?: string;
}
