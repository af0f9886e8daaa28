/** Where Prometheus reads its rules from. */
export interface RulesTarget {
  /** Replaces all rules at once; false where they were these already. */
  write(text: string): Promise<boolean>;
  /** Puts back what was there before the last `write`, or nothing. */
  restore(): Promise<void>;
  /** Makes what was written reach Prometheus sooner, where that takes a while. */
  hasten?(): Promise<void>;
}
