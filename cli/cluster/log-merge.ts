/** A line of a pod's log, as `timestamps=true` gives it. */
export interface PodLine {
  /** `<namespace>/<pod>` */
  readonly pod: string;
  /** RFC 3339 with nanoseconds, as the container runtime wrote it. */
  readonly time: string;
  readonly text: string;
}

/** Cuts the time off a line; a line without one has the time of nothing. */
export function parsePodLine(pod: string, line: string): PodLine {
  const match = /^(\d{4}-\d\d-\d\dT\S+) (.*)$/s.exec(line);
  return match ? { pod, time: match[1] ?? '', text: match[2] ?? '' } : { pod, time: '', text: line };
}

/** The newest lines of all pods, oldest first; those of one pod stay in their order. */
export function newestLines(lines: readonly PodLine[], count: number): PodLine[] {
  const sorted = lines.toSorted((a, b) => compareTimes(a.time, b.time));
  return count === 0 ? [] : sorted.slice(-count);
}

/** Runtimes leave out trailing zeros of the fraction, so text alone does not order times. */
export function compareTimes(a: string, b: string): number {
  const [left, right] = [comparable(a), comparable(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** A log line as JSON for machines, with the pod that it came from. */
export function toJsonLine({ pod, time, text }: PodLine): string {
  try {
    const entry: unknown = JSON.parse(text);
    if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) return JSON.stringify({ ...entry, instance: pod });
  } catch {
    // As for any other text.
  }
  return JSON.stringify({ time, line: text, instance: pod });
}

/** In UTC, with nine digits of a second. */
function comparable(time: string): string {
  const match = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d+))?(.*)$/.exec(time);
  if (!match) return time;
  const whole = new Date(`${match[1]}${match[3]}`);
  return Number.isNaN(whole.getTime()) ? time : `${whole.toISOString().slice(0, 19)}.${(match[2] ?? '').padEnd(9, '0')}`;
}
