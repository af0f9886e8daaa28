/** Ranges of IPv4 addresses that together are `cidr` without those of `except`. Both are written as `10.0.0.0/8`. */
export function subtractRanges(cidr: string, except: readonly string[]): string[] {
  let left = [parseRange(cidr)];
  for (const hole of except.map(parseRange)) left = left.flatMap((range) => subtract(range, hole));
  return left.map(({ first, bits }) => `${[24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join('.')}/${bits}`);
}

interface Range {
  readonly first: number;
  /** Length of the prefix. */
  readonly bits: number;
}

function parseRange(cidr: string): Range {
  const [address = '', length = '32'] = cidr.split('/');
  const bits = Number(length);
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first: start(value, bits), bits };
}

/** Halves the range until the hole is one of the halves. */
function subtract(range: Range, hole: Range): Range[] {
  if (contains(hole, range)) return [];
  if (!contains(range, hole)) return [range];
  const bits = range.bits + 1;
  const halves = [range.first, range.first + 2 ** (32 - bits)].map((first) => ({ first, bits }));
  return halves.flatMap((half) => subtract(half, hole));
}

function contains(outer: Range, inner: Range): boolean {
  return inner.bits >= outer.bits && start(inner.first, outer.bits) === outer.first;
}

function start(address: number, bits: number): number {
  return bits === 0 ? 0 : (address & (-1 << (32 - bits))) >>> 0;
}
