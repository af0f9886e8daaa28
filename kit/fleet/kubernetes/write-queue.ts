/** What requests wait for goes first. */
const WRITE_ORDER = { raise: 0, remove: 1, assign: 2, lower: 3 } as const;
export type WriteKind = keyof typeof WRITE_ORDER;

/** Keeps a burst from flooding the API server: so many writes at once, the others wait in order of their kind. */
export interface WriteQueue {
  /** Resolves or rejects as `work` does. Never, once the queue was closed before it began. */
  run<T>(kind: WriteKind, work: () => Promise<T>): Promise<T>;
  close(): void;
}

export function createWriteQueue(atOnce: number): WriteQueue {
  const lanes: (() => void)[][] = Object.keys(WRITE_ORDER).map(() => []);
  let running = 0;
  let closed = false;

  const next = () => {
    while (running < atOnce && !closed) {
      const begin = lanes.find((lane) => lane.length > 0)?.shift();
      if (!begin) return;
      running += 1;
      begin();
    }
  };
  return {
    run: (kind, work) =>
      new Promise((resolve, reject) => {
        lanes[WRITE_ORDER[kind]]?.push(() => {
          void work()
            .then(resolve, reject)
            .finally(() => {
              running -= 1;
              next();
            });
        });
        next();
      }),
    close() {
      closed = true;
      for (const lane of lanes) lane.length = 0;
    },
  };
}
