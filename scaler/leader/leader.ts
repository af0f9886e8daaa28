/** Who may act: one scaler at a time. */
export interface Leadership {
  /** Rises with every new leader; orders with a lower one are refused by watchers and gateways. */
  readonly epoch: number;
  close(): Promise<void>;
}
