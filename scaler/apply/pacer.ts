/** Lets so many pieces of work run side by side; the rest waits in line. A piece that takes longer than `holdMs` gives its place away and goes on. */
export interface Pacer {
  /** Starts the work at once where there is a place, else in its turn. */
  run(work: () => Promise<void>): void;
  close(): void;
}

export function createPacer({ places, holdMs }: { places: number; holdMs: number }): Pacer {
  const line: (() => Promise<void>)[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let taken = 0;
  let closed = false;

  const start = (work: () => Promise<void>) => {
    taken++;
    let held = true;
    const leave = () => {
      clearTimeout(timer);
      timers.delete(timer);
      if (!held) return;
      held = false;
      taken--;
      const next = closed ? undefined : line.shift();
      if (next) start(next);
    };
    const timer = setTimeout(leave, holdMs);
    timers.add(timer);
    void work().then(leave, leave);
  };
  return {
    run(work) {
      if (taken < places) start(work);
      else line.push(work);
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
