import { expect, test, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { createFunctionRegistry, type ResolvedRevision } from '../observe/functions.ts';
import { createRevisions } from './revisions.ts';

const revision = (name: string, generation: number): ResolvedRevision => {
  const resource = sampleFunction(name);
  return {
    name: `${name}-0000${generation}`,
    generation,
    observedGeneration: generation,
    template: 'sha256:t',
    content: `sha256:${generation}`,
    instanceTemplate: { key: 'k', namespace: 'default', runtime: 'nodejs', memoryBytes: 1, owner: { kind: 'PodPool', name: 'pool' } },
    pool: 'default/pool',
    spec: resource.spec,
    code: undefined,
    env: {},
  };
};

test('revisions of several functions are written at once, those of one function one after the other', async () => {
  vi.useFakeTimers();
  try {
    const begun: string[] = [];
    const answers: (() => void)[] = [];
    const store = {
      list: async () => [],
      remove: async () => undefined,
      apply: (object: AnyResource) => {
        begun.push(object.metadata.name);
        return new Promise<AnyResource>((resolve) =>
          answers.push(() => resolve({ ...object, metadata: { ...object.metadata, uid: `u-${object.metadata.name}` } })),
        );
      },
    };
    const revisions = await createRevisions({ store: store as never, log: silentLog, served: new Set() });
    const functions = createFunctionRegistry();
    const put = (name: string) => {
      const resource = sampleFunction(name);
      return functions.put({ ...resource, metadata: { ...resource.metadata, uid: `uid-${name}` } }).fn;
    };
    const [cart, pay] = [put('cart'), put('pay')];
    revisions.note(cart, revision('cart', 1));
    revisions.note(cart, revision('cart', 2));
    revisions.note(pay, revision('pay', 1));
    await vi.advanceTimersByTimeAsync(100);
    expect(begun).toEqual(['cart-00001', 'pay-00001']);
    answers.splice(0).forEach((answer) => answer());
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['cart-00001', 'pay-00001', 'cart-00002']);
    answers.splice(0).forEach((answer) => answer());
    expect(await revisions.uidOf(cart, 'cart-00002')).toBe('u-cart-00002');
    await revisions.close();
  } finally {
    vi.useRealTimers();
  }
});
