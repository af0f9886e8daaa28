/** What the rules say of one function at one moment. Rules never ask for more than `hold` where data is missing, stale or partial. */
export type RuleVerdict =
  /** At least this many, now. */
  | { readonly kind: 'out'; readonly replicas: number }
  /** The need was lower for the whole stabilization window: this many are enough. */
  | { readonly kind: 'in'; readonly replicas: number }
  | { readonly kind: 'hold'; readonly reason: 'steady' | 'no-data' | 'stale' | 'inhibited' | 'monitoring-down' };

/** The rules loop's newest view; functions are `<namespace>/<name>`. A function that is not in `verdicts` holds. */
export interface RulesView {
  readonly verdicts: ReadonlyMap<string, RuleVerdict>;
  /** Silenced in Alertmanager: rules and demand are ignored, but for 0 → 1. */
  readonly frozen: ReadonlySet<string>;
}
