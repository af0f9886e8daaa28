import { expect, it } from 'vitest';
import { createClosers } from './closers.ts';

it('ends what was started in the reverse order, also what was still starting', async () => {
  const ended: string[] = [];
  const part = (name: string) => ({ close: async () => void ended.push(name) });
  const closers = createClosers();
  const late = Promise.withResolvers<ReturnType<typeof part>>();
  closers.add(part('store'));
  void closers.addStarting(late.promise);
  closers.add(part('gateway'));
  const closing = closers.close();
  late.resolve(part('scaler'));
  await closing;
  expect(ended).toEqual(['gateway', 'scaler', 'store']);
});

it('has nothing to end of a start that failed', async () => {
  const closers = createClosers();
  const failing = closers.addStarting(Promise.reject<{ close(): void }>(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  await expect(closers.close()).resolves.toBeUndefined();
});

it('ends at once what is added after the end', async () => {
  const closers = createClosers();
  await closers.close();
  const ended = Promise.withResolvers<string>();
  closers.add({ close: () => ended.resolve('ended') });
  expect(await ended.promise).toBe('ended');
});
