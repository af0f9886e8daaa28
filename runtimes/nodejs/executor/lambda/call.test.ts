import { expect, test } from 'vitest';
import { callHandler } from './call.ts';
import type { LambdaContext } from './context.ts';

type Callback = (error?: unknown, result?: unknown) => void;

const call = (handler: (...inputs: never[]) => unknown): Promise<unknown> => callHandler(handler as never, {}, {} as LambdaContext);

test.each([
  ['a value', (_event: unknown) => 1],
  ['a promise', async () => 1],
  ['a promise, with a callback left alone', async (_event: unknown, _context: unknown, _callback: Callback) => 1],
  ['a callback at once', (_event: unknown, _context: unknown, callback: Callback) => callback(null, 1)],
  ['a callback later', (_event: unknown, _context: unknown, callback: Callback) => void queueMicrotask(() => callback(undefined, 1))],
  ['the first of two callbacks', (_event: unknown, _context: unknown, callback: Callback) => (callback(null, 1), callback(null, 2))],
  ['a callback, whatever is returned', (_event: unknown, _context: unknown, callback: Callback) => (queueMicrotask(() => callback(null, 1)), 2)],
])('the result is given by %s', async (_, handler) => {
  expect(await call(handler)).toBe(1);
});

test.each([
  ['thrown', () => raise()],
  ['thrown with a callback', (_event: unknown, _context: unknown, _callback: Callback) => raise()],
  ['rejected', async () => raise()],
  ['given to the callback', (_event: unknown, _context: unknown, callback: Callback) => callback(new Error('boom'))],
])('an error that is %s fails the call', async (_, handler) => {
  await expect(call(handler)).rejects.toThrow('boom');
});

test('an error may be anything but null and undefined', async () => {
  await expect(call((_event: unknown, _context: unknown, callback: Callback) => callback(0))).rejects.toBe(0);
});

function raise(): never {
  throw new Error('boom');
}
