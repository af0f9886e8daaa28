import * as fib from '../../../constructs/index.ts';

/** Code of functions that installations of tests run. */

/** Answers 4 KiB that only this `?n=` has, after 0 to 60 ms or `?ms=`; so a mixed up or cut answer shows. */
export const DIGEST_NODEJS = fib.Code.fromInline(`
  import { createHash } from 'node:crypto';
  export async function handler({ query: { n, ms } }) {
    const digest = createHash('sha256').update(n).digest('hex');
    await new Promise((resolve) => setTimeout(resolve, ms === undefined ? parseInt(digest.slice(0, 2), 16) % 61 : Number(ms)));
    return digest.repeat(64);
  }`);

/** The same in Python. */
export const DIGEST_PYTHON = fib.Code.fromInline(`
import hashlib, time
def handler(event, context):
    query = event["query"]
    digest = hashlib.sha256(query["n"].encode()).hexdigest()
    time.sleep(int(query.get("ms", int(digest[:2], 16) % 61)) / 1000)
    return digest * 64
`);

/** Takes two seconds to load. */
export const SLOW_START = fib.Code.fromInline(`
  await new Promise((resolve) => setTimeout(resolve, 2000));
  export const handler = () => 'here';`);

/** Counts the ticks that this instance saw; another call tells how many. */
export const TICKS = fib.Code.fromInline(`
  let ticks = 0;
  export function handler(event) {
    if (event.type === 'http') return { ticks };
    ticks++;
    return '';
  }`);

/** Calls a URL, `?url=`: its status, or why there was no answer within `?ms=`. */
export const CALLER = fib.Code.fromInline(`
  export async function handler({ query: { url, ms } }) {
    try {
      return { status: (await fetch(url, { signal: AbortSignal.timeout(Number(ms)) })).status };
    } catch (error) {
      return { error: error.name };
    }
  }`);

interface Parts {
  readonly stack: fib.FunctionStack;
  readonly name: string;
}

/** A public function on `/<name>`. */
export function publicFunction({ stack, name }: Parts, props: Pick<fib.FunctionProps, 'code'> & Partial<fib.FunctionProps>): fib.Function {
  const handler = props.runtime === fib.Runtime.PYTHON ? 'main.handler' : 'index.handler';
  const fn = new fib.Function(stack, name, { runtime: fib.Runtime.NODEJS, handler, access: 'public', ...props });
  new fib.HttpTrigger(stack, `${name}-http`, { function: fn, path: `/${name}` });
  return fn;
}
