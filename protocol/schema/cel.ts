const DIGITS = `[${Array.from({ length: 10 }, (_, digit) => `'${digit}'`).join(', ')}]`;

/**
 * A whole number of at most so many digits as text, in CEL. `string(<number>)` would do, were its cost not estimated as that of an endless text, which the API server refuses; `format` is there from Kubernetes 1.29 only.
 */
export function celDigits(value: string, digits: number): string {
  const places = Array.from({ length: digits }, (_, index) => 10 ** (digits - 1 - index));
  return places.map((place) => (place === 1 ? `${DIGITS}[${value} % 10]` : `(${value} >= ${place} ? ${DIGITS}[${value} / ${place} % 10] : '')`)).join(' + ');
}

/** Whether a duration is in these bounds, in CEL. What its `duration` cannot hold (more than 292 years) is looked at as text. */
export function celWithin(field: string, least: string, most: string): string {
  return `!${field}.matches('^[0-9]{7,}[hm]$') && duration(${field}) >= duration('${least}') && duration(${field}) <= duration('${most}')`;
}
