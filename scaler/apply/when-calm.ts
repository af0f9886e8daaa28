/** Work that takes the processor from cold starts: it waits until none is under way. */
export interface WhenCalm {
  /** It is to be done, once however often this is called before. */
  ask(): void;
  /** It need not be done any more. */
  cancel(): void;
}

export interface CalmOptions {
  /** Whether functions start right now. */
  busy(): boolean;
  /** From the first call to the first look, and from one look to the next. */
  readonly delayMs: number;
  /** From the first call to when it is done, busy or not. */
  readonly latestMs: number;
  act(): void;
}

export function createWhenCalm({ busy, delayMs, latestMs, act }: CalmOptions): WhenCalm {
  let timer: NodeJS.Timeout | undefined;
  const wait = (since: number) => {
    timer = setTimeout(() => {
      if (busy() && performance.now() - since < latestMs) return wait(since);
      timer = undefined;
      act();
    }, delayMs);
  };
  return {
    ask() {
      if (!timer) wait(performance.now());
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
