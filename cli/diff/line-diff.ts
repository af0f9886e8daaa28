/** One line of an edit script. */
export interface DiffLine {
  readonly op: ' ' | '-' | '+';
  readonly text: string;
}

const CONTEXT = 3;

/** The least edits from one list of lines to another (Myers, "An O(ND) Difference Algorithm", 1986). */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const kept = (text: string): DiffLine => ({ op: ' ', text });
  return [
    ...before.slice(0, start).map(kept),
    ...shortestEdit(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(kept),
  ];
}

/** Hunks as `diff -u` prints them, each with three lines around what changed. */
export function unifiedHunks(before: readonly string[], after: readonly string[]): DiffLine[][] {
  const lines = diffLines(before, after);
  const near = (index: number) => lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ op }) => op !== ' ');
  const hunks: DiffLine[][] = [];
  lines.forEach((line, index) => {
    if (!near(index)) return;
    if (index > 0 && near(index - 1)) hunks.at(-1)?.push(line);
    else hunks.push([line]);
  });
  return hunks;
}

function shortestEdit(a: readonly string[], b: readonly string[]): DiffLine[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= a.length + b.length; edits++) {
    trace.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = comesFromAbove(furthest, diagonal, edits) ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return walkBack(trace, a, b);
    }
  }
  return [];
}

function walkBack(trace: readonly Map<number, number>[], a: readonly string[], b: readonly string[]): DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const previous = comesFromAbove(furthest, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = furthest.get(previous) ?? 0;
    const fromY = fromX - previous;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      lines.push({ op: ' ', text: a[--x] ?? '' });
      y--;
    }
    if (edits === 0) break;
    if (x === fromX) lines.push({ op: '+', text: b[--y] ?? '' });
    else lines.push({ op: '-', text: a[--x] ?? '' });
  }
  return lines.reverse();
}

function comesFromAbove(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  return diagonal === -edits || (diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1));
}
