import { cpus } from 'node:os';

/** Above this share of busy processors, while nothing of ours runs, a figure says more about the machine than about us. */
const QUIET_SHARE = 0.2;
const LOOK_MS = 100;

/** Looks at the processors while nothing of the bench runs. */
export interface NoiseWatch {
  /** Waits for a quiet tenth of a second, `patienceMs` at the most. */
  quiet(patienceMs: number): Promise<void>;
  /** `noisy: …` where more than one look in ten ended without quiet. */
  reason(): string | undefined;
}

export function watchNoise(): NoiseWatch {
  const shares: number[] = [];
  return {
    async quiet(patienceMs) {
      const deadline = performance.now() + patienceMs;
      let share: number;
      do share = await busyShare(LOOK_MS);
      while (share > QUIET_SHARE && performance.now() < deadline);
      shares.push(share);
    },
    reason() {
      const loud = shares.filter((share) => share > QUIET_SHARE).length / Math.max(1, shares.length);
      return loud > 0.1 ? `noisy: other processes kept the processors busy at ${Math.round(loud * 100)} % of the samples` : undefined;
    },
  };
}

/** Share of the processors' time that was used, over so many milliseconds. */
async function busyShare(ms: number): Promise<number> {
  const before = processorTimes();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const after = processorTimes();
  return 1 - (after.idle - before.idle) / Math.max(1, after.total - before.total);
}

function processorTimes(): { idle: number; total: number } {
  const times = cpus().map((cpu) => cpu.times);
  const total = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { idle: times.reduce((sum, { idle }) => sum + idle, 0), total };
}
