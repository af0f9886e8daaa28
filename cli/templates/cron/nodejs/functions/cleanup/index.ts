interface Tick {
  /** The trigger and the scheduled time: the same if a tick comes twice. */
  readonly id: string;
  /** What the timer in stack.ts says. */
  readonly data: { readonly days: number };
}

export function handler({ id, data }: Tick) {
  const before = new Date(Date.now() - data.days * 86_400_000).toISOString().slice(0, 10);
  console.log(`${id}: here goes what is older than ${before}`);
  return { before };
}
