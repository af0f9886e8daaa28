interface Closable {
  close(): Promise<void> | void;
}

/** What was started, to be ended in the reverse order. What is added once that has begun is ended at once. */
export interface Closers {
  /** A promise is awaited before it is closed; one that fails has nothing to close. */
  add<T extends Closable>(started: T): T;
  addStarting<T extends Closable>(starting: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const open: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const push = (close: () => Promise<void>) => {
    if (closing) closing = closing.then(close);
    else open.push(close);
  };
  const closeAll = async () => {
    for (const close of open.toReversed()) await close();
  };
  return {
    add(started) {
      push(async () => started.close());
      return started;
    },
    addStarting(starting) {
      const settled = starting.catch(() => undefined);
      push(async () => (await settled)?.close());
      return starting;
    },
    close: () => (closing ??= closeAll()),
  };
}
