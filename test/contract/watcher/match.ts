import { isDeepStrictEqual } from 'node:util';

/** What came back, as far as it came. */
export interface Outcome {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The answer did not come whole. */
  readonly cut: boolean;
  readonly durationMs: number;
}

export type Expectation = Readonly<Record<string, unknown>>;

/** Every way in which an outcome differs from an expectation; empty when it fits. */
export function mismatches(outcome: Outcome, expectation: Expectation, port: 'data' | 'control'): string[] {
  if (Array.isArray(expectation['anyOf'])) {
    const tries = (expectation['anyOf'] as Expectation[]).map((one) => mismatches(outcome, one, port));
    return tries.some((problems) => problems.length === 0) ? [] : tries.flat();
  }
  const problems: string[] = [];
  if (outcome.cut !== (expectation['cut'] === true)) problems.push(outcome.cut ? 'the answer was cut' : 'the answer should have been cut');
  for (const [name, expected] of Object.entries(expectation)) problems.push(...(checkOne(name, expected, outcome, port) ?? []));
  return problems;
}

function checkOne(name: string, expected: unknown, outcome: Outcome, port: 'data' | 'control'): string[] | undefined {
  const text = outcome.body.toString('utf8');
  switch (name) {
    case 'status':
      return differ('status', [expected].flat().includes(outcome.status), outcome.status, expected);
    case 'body':
      return differ('body', text === expected, text.slice(0, 500), expected);
    case 'bodyMatches':
      return differ('body', new RegExp(String(expected), 's').test(text), text.slice(0, 500), expected);
    case 'bodyBase64':
      return differ('body', outcome.body.toString('base64') === expected, outcome.body.toString('base64').slice(0, 200), expected);
    case 'bodyBytes':
      return differ('length', outcome.body.length === expected, outcome.body.length, expected);
    case 'json':
      return mismatch(parse(text), expected, 'json');
    case 'headers':
      return Object.entries(expected as object).flatMap(([header, value]) => mismatch(outcome.headers[header], value, `header ${header}`));
    case 'error':
      return [
        ...mismatch(parse(text), { code: expected, requestId: { $type: 'string' }, message: { $type: 'string' } }, 'error'),
        ...(port === 'data' ? mismatch(outcome.headers['fibonacci-error'], expected, 'header fibonacci-error') : []),
      ];
    case 'notStarted':
      return mismatches({ ...outcome, cut: false }, { status: 503, headers: { 'fibonacci-not-started': '1' }, error: expected }, port);
    case 'withinMs':
      return differ('duration', outcome.durationMs <= (expected as number), Math.round(outcome.durationMs), expected);
    case 'cut':
      return [];
    default:
      throw new Error(`unknown expectation "${name}"`);
  }
}

/** Compares a value with an expected one that may hold matchers; maps match partially. */
export function mismatch(actual: unknown, expected: unknown, path: string): string[] {
  if (expected === null && path.startsWith('header ')) return differ(path, actual === undefined, actual, 'absent');
  if (!isMap(expected)) return differ(path, isDeepStrictEqual(actual, expected), actual, expected);
  const matcher = Object.keys(expected).find((key) => key.startsWith('$'));
  if (matcher) return differ(path, satisfies(actual, matcher, expected[matcher]), actual, expected);
  if (!isMap(actual)) return differ(path, false, actual, expected);
  return Object.entries(expected).flatMap(([key, value]) => mismatch(actual[key], value, `${path}.${key}`));
}

function satisfies(actual: unknown, matcher: string, argument: unknown): boolean {
  switch (matcher) {
    case '$matches':
      return new RegExp(String(argument), 's').test(String(actual));
    case '$not':
      return actual !== undefined && !isDeepStrictEqual(actual, argument);
    case '$type':
      return actual !== null && typeof actual === argument;
    case '$gte':
      return typeof actual === 'number' && actual >= (argument as number);
    case '$lte':
      return typeof actual === 'number' && actual <= (argument as number);
    case '$keys':
      return isMap(actual) && isDeepStrictEqual(Object.keys(actual).sort(), [...(argument as string[])].sort());
    case '$absent':
      return actual === undefined;
    default:
      throw new Error(`unknown matcher "${matcher}"`);
  }
}

function differ(what: string, fits: boolean, actual: unknown, expected: unknown): string[] {
  return fits ? [] : [`${what}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
