import { describe, expect, it } from 'vitest';
import { decideTarget, type TargetFacts } from './target.ts';

const facts = (over: Partial<TargetFacts>): TargetFacts => ({ admin: false, cluster: false, dev: false, context: undefined, looksOnly: true, ...over });

describe('where ps, logs and invoke look', () => {
  it.each([
    ['the gateway that --admin names', { admin: true, dev: true, context: 'prod' }, 'gateway'],
    ['the cluster that was asked for, although fib dev runs', { cluster: true, dev: true }, 'cluster'],
    ['fib dev, although there is a kubeconfig', { dev: true, context: 'prod' }, 'gateway'],
    ['fib dev for a call, too', { dev: true, context: 'prod', looksOnly: false }, 'gateway'],
    ['the kubeconfig’s cluster to look at, where no fib dev runs', { context: 'prod' }, 'cluster'],
    ['the cluster for a call that asks for it', { cluster: true, context: 'prod', looksOnly: false }, 'cluster'],
    ['nothing, which says how to start one', {}, 'gateway'],
  ] as const)('%s', (_, over, kind) => {
    expect(decideTarget(facts(over)).kind).toBe(kind);
  });

  it('calls nothing in a cluster unasked', () => {
    expect(() => decideTarget(facts({ context: 'prod', looksOnly: false }))).toThrow(/add --cluster to call the function in the cluster of context prod/);
  });

  it('says when nobody named the cluster', () => {
    expect([decideTarget(facts({ context: 'prod' })), decideTarget(facts({ cluster: true }))]).toEqual([
      { kind: 'cluster', unasked: true },
      { kind: 'cluster', unasked: false },
    ]);
  });

  it('refuses two places at once', () => {
    expect(() => decideTarget(facts({ admin: true, cluster: true }))).toThrow(/give one of them/);
  });
});
