/** `metav1.Condition`, as our statuses hold it. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

/** The condition with the time since when its status holds: that of the previous one where the status is the same. */
export function conditionSince(previous: readonly Condition[] | undefined, next: Omit<Condition, 'lastTransitionTime'>, now: Date): Condition {
  const before = previous?.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now.toISOString();
  return { ...next, message: next.message.slice(0, 4096), lastTransitionTime };
}

/** `LOAD_FAILED` → `LoadFailed`, as reasons are written. */
export function reasonOf(code: string): string {
  return code.replaceAll(/_?([A-Z])([A-Z]*)/g, (_, first: string, rest: string) => first + rest.toLowerCase());
}
