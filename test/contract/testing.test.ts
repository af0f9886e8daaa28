import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import * as fib from '../../constructs/index.ts';
import { invoke, synthesize } from '../../testing/index.ts';

/** A stack of one function with this source. */
function functionOf(source: string, props: Partial<fib.FunctionProps> = {}) {
  const stack = fib.defineStack((app) => {
    const fn = new fib.Function(new fib.FunctionStack(app, 'shop'), 'hello', {
      runtime: 'nodejs',
      handler: 'index.handler',
      code: fib.Code.fromInline(source),
      ...props,
    });
    fn.addSecret('KEY', fib.Secret.fromName('stripe', { key: 'key' }));
  });
  return synthesize(stack).object('Function', 'hello');
}

const secrets = { KEY: 'sesame' };

test('a Node.js function answers in a real watcher, with its environment and secrets', async () => {
  const hello = functionOf('exports.handler = (event) => ({ path: event.path, name: event.query.name, color: process.env.COLOR, key: process.env.KEY });', {
    env: { COLOR: 'red' },
  });
  const response = await invoke(hello, { path: '/a?name=Ada' }, { secrets });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ path: '/a', name: 'Ada', color: 'red', key: 'sesame' });
});

test('a Python function answers in a real watcher', async () => {
  const hello = functionOf('def handler(event, context):\n    return {"sum": sum(event["body"]["numbers"])}\n', { runtime: 'python', handler: 'main.handler' });
  const response = await invoke(hello, { json: { numbers: [1, 2, 3] } }, { secrets });
  expect(await response.json()).toEqual({ sum: 6 });
});

test('method, headers, body and status pass as they are', async () => {
  const hello = functionOf(
    'exports.handler = (event) => ({ statusCode: 202, headers: { "x-seen": event.headers["x-mine"] }, body: `${event.method} ${event.body}` });',
  );
  const response = await invoke(hello, { method: 'PUT', headers: { 'x-mine': '1', 'content-type': 'text/plain' }, body: 'text' }, { secrets });
  expect([response.status, response.headers.get('x-seen'), await response.text()]).toEqual([202, '1', 'PUT text']);
});

test('an answer without a body', async () => {
  const response = await invoke(functionOf('exports.handler = () => null;'), {}, { secrets });
  expect([response.status, await response.text()]).toEqual([204, '']);
});

test('code that does not load is told with file and line, and nothing is left behind', async () => {
  const before = leftovers();
  await expect(invoke(functionOf('\n\nconst = 1;'), {}, { secrets })).rejects.toThrow(
    expect.objectContaining({ code: 'LOAD_FAILED', message: expect.stringMatching(/index\.js:3/) as string }),
  );
  expect(leftovers()).toEqual(before);
});

test('a runtime that cannot start is told with the way out', async () => {
  const hello = functionOf('def handler(event, context): return 1', { runtime: 'python', handler: 'main.handler' });
  await expect(invoke(hello, {}, { secrets, python: '' })).rejects.toThrow(
    expect.objectContaining({ code: 'RUNTIME_UNAVAILABLE', message: expect.stringMatching(/install it/) as string }),
  );
});

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('fib-test-'));
}
