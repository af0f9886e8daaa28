/** An instance of a function, as far as a decision needs it. */
export interface PlannedMember {
  readonly id: string;
  readonly template: string;
  readonly content: string;
  /** `loading`: not yet announced; `draining`: on its way out. */
  readonly state: 'loading' | 'ready' | 'draining';
  /** It takes over new content now. */
  readonly updating: boolean;
  /** It refused content that others took, or cannot be reached: it is to be replaced. */
  readonly defective: boolean;
  /** When it was leased, for the choice of what goes first. */
  readonly since: number;
}

export interface PlanInput {
  readonly members: readonly PlannedMember[];
  /** Instances wanted; 0 for a deleted function. */
  readonly replicas: number;
  /** Digests that new instances get; absent while they cannot be known (a secret or the pool is missing). */
  readonly target?: { readonly template: string; readonly content: string } | undefined;
  /** After a failure, until the back-off has passed. */
  readonly blocked: boolean;
}

export interface Plan {
  /** Instances to lease and specialize. */
  readonly start: number;
  /** Instances that take over the target's content. */
  readonly update: readonly string[];
  /** Instances to drain and end. */
  readonly drain: readonly string[];
}

/** What to do so that a function has its instances: new ones are up before old ones go. */
export function decidePlan({ members, replicas, target, blocked }: PlanInput): Plan {
  const alive = members.filter(({ state }) => state !== 'draining');
  if (!target)
    return {
      start: 0,
      update: [],
      drain: lastFirst(alive)
        .slice(0, Math.max(0, alive.length - replicas))
        .map(({ id }) => id),
    };
  const current = alive.filter(({ template, defective }) => template === target.template && !defective);
  const old = alive.filter((member) => !current.includes(member));
  const ready = current.filter(({ state }) => state === 'ready').length;
  const excess = lastFirst(current, target.content).slice(0, Math.max(0, current.length - replicas));
  const replaced = lastFirst(old).slice(0, Math.max(0, old.length - Math.max(0, replicas - ready)));
  return {
    start: blocked ? 0 : Math.max(0, replicas - current.length),
    update: current
      .filter((member) => member.state === 'ready' && !member.updating && member.content !== target.content && !excess.includes(member))
      .map(({ id }) => id),
    drain: [...excess, ...replaced].map(({ id }) => id),
  };
}

/** First what serves nobody yet, then what has other content, then the youngest: the oldest are the warmest. */
function lastFirst(members: readonly PlannedMember[], content?: string): PlannedMember[] {
  const rank = (member: PlannedMember) => (member.state === 'loading' ? 0 : content !== undefined && member.content !== content ? 1 : 2);
  return [...members].sort((a, b) => rank(a) - rank(b) || b.since - a.since);
}
