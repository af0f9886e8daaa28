/** Who may act: one scaler at a time. */
export interface Leadership {
  /** Rises with every new leader; orders with a lower one are refused by watchers and gateways. */
  readonly epoch: number;
  /** Resolves with the reason once another leads or may: from then on this one must not act. */
  readonly lost: Promise<string>;
  /** Gives it up, so that the next one need not wait. */
  close(): Promise<void>;
}
