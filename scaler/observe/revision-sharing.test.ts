import { expect, test } from 'vitest';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import type { ResolvedRevision } from './functions.ts';
import { createRevisionSharing } from './revision-sharing.ts';

function revision(name: string, secrets: ResolvedRevision['spec']['secrets'] = []): ResolvedRevision {
  const { spec } = sampleFunction(name);
  const env = { STAGE: 'production', ...Object.fromEntries(secrets.map(({ env: variable }) => [variable, 'hidden'])) };
  return {
    name: `${name}-00001`,
    generation: 1,
    observedGeneration: 1,
    template: `sha256:${'t'.repeat(64)}`,
    content: `sha256:${name}`,
    instanceTemplate: { key: 'pool:default/web#1', namespace: 'default', runtime: 'nodejs', memoryBytes: 1, owner: { kind: 'PodPool', name: 'web' } },
    pool: 'default/web',
    spec: { ...spec, secrets, env: { STAGE: 'production' } },
    code: undefined,
    env,
  };
}

test('revisions say what they said, and functions of a pool have one template', () => {
  const share = createRevisionSharing();
  const [cart, pay] = [share(revision('cart'), undefined), share(revision('pay'), undefined)];
  expect([cart, pay]).toEqual([revision('cart'), revision('pay')]);
  expect(cart.instanceTemplate).toBe(pay.instanceTemplate);
  expect(cart.env).toBe(cart.spec.env);
});

test('the values of secrets are in the revision alone', () => {
  const secret = { env: 'KEY', name: 'of-shop', key: 'key' };
  const cart = createRevisionSharing()(revision('cart', [secret]), undefined);
  expect(cart.env).toEqual({ STAGE: 'production', KEY: 'hidden' });
  expect(cart.spec.env).toEqual({ STAGE: 'production' });
});
