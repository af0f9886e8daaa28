import { expect, test } from 'vitest';
import { createWriteQueue, type WriteKind } from './write-queue.ts';

function world(atOnce: number) {
  const queue = createWriteQueue(atOnce);
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const add = (kind: WriteKind, name: string) =>
    queue.run(kind, () => {
      begun.push(name);
      ends.set(name, Promise.withResolvers<string>());
      return (ends.get(name) as PromiseWithResolvers<string>).promise;
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { queue, begun, add, settle, end: (name: string) => ends.get(name)?.resolve(name), fail: (name: string) => ends.get(name)?.reject(new Error(name)) };
}

test('so many at once and no more; what requests wait for goes before the rest', async () => {
  const { add, begun, end, settle } = world(2);
  void add('assign', 'a1');
  void add('assign', 'a2');
  void add('lower', 'l');
  void add('assign', 'a3');
  void add('remove', 'd');
  void add('raise', 'r');
  expect(begun).toEqual(['a1', 'a2']);
  for (const name of ['a1', 'r', 'd', 'a3']) {
    end(name);
    await settle();
  }
  expect(begun).toEqual(['a1', 'a2', 'r', 'd', 'a3', 'l']);
});

test('a failure is the caller’s and makes room for the next', async () => {
  const { add, begun, fail, end } = world(1);
  const failed = add('assign', 'a');
  const done = add('assign', 'b');
  fail('a');
  await expect(failed).rejects.toThrow('a');
  end('b');
  expect(await done).toBe('b');
  expect(begun).toEqual(['a', 'b']);
});

test('after its end nothing begins', async () => {
  const { queue, add, begun, end, settle } = world(1);
  void add('assign', 'a');
  void add('assign', 'b');
  queue.close();
  end('a');
  await settle();
  expect(begun).toEqual(['a']);
});
