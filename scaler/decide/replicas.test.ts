import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideReplicas, type ReplicasInput } from './replicas.ts';

const base: ReplicasInput = {
  current: 0,
  minReplicas: 0,
  maxReplicas: 10,
  concurrency: 4,
  load: 0,
  peakLoad: 0,
  demand: 'on',
  frozen: false,
  idleTimeoutMs: 60_000,
  mayShrink: true,
};

const table: { policy: string; input: Partial<ReplicasInput>; replicas: number; reason: string }[] = [
  { policy: 'one waiting request asks for one instance', input: { load: 1 }, replicas: 1, reason: 'demand' },
  { policy: 'requests share instances up to the concurrency', input: { load: 9 }, replicas: 3, reason: 'demand' },
  { policy: 'demand never lowers', input: { current: 5, load: 4 }, replicas: 5, reason: 'steady' },
  { policy: 'demand stays within the maximum', input: { load: 100 }, replicas: 10, reason: 'bounds' },
  { policy: 'at the maximum nothing changes', input: { current: 10, load: 100 }, replicas: 10, reason: 'steady' },
  { policy: 'the minimum is held', input: { minReplicas: 2 }, replicas: 2, reason: 'bounds' },
  { policy: 'a lowered maximum takes instances away', input: { current: 8, maxReplicas: 3 }, replicas: 3, reason: 'bounds' },
  {
    policy: 'while the cluster cannot be seen nothing scales in',
    input: { current: 8, verdict: { kind: 'in', replicas: 3 }, mayShrink: false },
    replicas: 8,
    reason: 'steady',
  },
  {
    policy: 'while the cluster cannot be seen idleness ends nothing',
    input: { current: 1, idleForMs: 90_000, mayShrink: false },
    replicas: 1,
    reason: 'steady',
  },
  { policy: 'while the cluster cannot be seen demand still raises', input: { current: 1, load: 9, mayShrink: false }, replicas: 3, reason: 'demand' },
  { policy: 'with demand off the first instance still comes', input: { demand: 'off', load: 50 }, replicas: 1, reason: 'demand' },
  { policy: 'with demand off load adds nothing more', input: { demand: 'off', current: 1, load: 50 }, replicas: 1, reason: 'steady' },
  { policy: 'a rule scales out', input: { current: 1, verdict: { kind: 'out', replicas: 6 } }, replicas: 6, reason: 'rules-out' },
  { policy: 'the larger of rule and demand wins', input: { current: 1, load: 32, verdict: { kind: 'out', replicas: 6 } }, replicas: 8, reason: 'demand' },
  {
    policy: 'a rule that asks for less than there is takes nothing',
    input: { current: 5, verdict: { kind: 'out', replicas: 3 } },
    replicas: 5,
    reason: 'steady',
  },
  { policy: 'a rule scales in', input: { current: 8, verdict: { kind: 'in', replicas: 3 } }, replicas: 3, reason: 'rules-in' },
  {
    policy: 'scale-in keeps what the window’s highest load needed',
    input: { current: 8, peakLoad: 20, verdict: { kind: 'in', replicas: 3 } },
    replicas: 5,
    reason: 'rules-in',
  },
  { policy: 'scale-in by a rule leaves the last instance', input: { current: 2, verdict: { kind: 'in', replicas: 0 } }, replicas: 1, reason: 'rules-in' },
  { policy: 'no data holds', input: { current: 8, verdict: { kind: 'hold', reason: 'no-data' } }, replicas: 8, reason: 'steady' },
  {
    policy: 'monitoring down holds, and demand still raises',
    input: { current: 1, load: 8, verdict: { kind: 'hold', reason: 'monitoring-down' } },
    replicas: 2,
    reason: 'demand',
  },
  { policy: 'idle for the whole timeout: to the minimum', input: { current: 4, idleForMs: 60_000 }, replicas: 0, reason: 'idle' },
  { policy: 'idle for less: nothing', input: { current: 4, idleForMs: 59_999 }, replicas: 4, reason: 'steady' },
  { policy: 'not known to be idle: nothing', input: { current: 4 }, replicas: 4, reason: 'steady' },
  {
    policy: 'a rule that scales out is stronger than idle',
    input: { current: 4, idleForMs: 90_000, verdict: { kind: 'out', replicas: 3 } },
    replicas: 4,
    reason: 'steady',
  },
  { policy: 'frozen: rules are ignored', input: { current: 2, frozen: true, verdict: { kind: 'out', replicas: 9 } }, replicas: 2, reason: 'steady' },
  { policy: 'frozen: demand is ignored', input: { current: 2, frozen: true, load: 40 }, replicas: 2, reason: 'steady' },
  { policy: 'frozen: idleness is ignored', input: { current: 2, frozen: true, idleForMs: 90_000 }, replicas: 2, reason: 'steady' },
  { policy: 'frozen: the first instance still comes', input: { frozen: true, load: 40 }, replicas: 1, reason: 'demand' },
];

test.each(table)('$policy', ({ input, replicas, reason }) => {
  expect(decideReplicas({ ...base, ...input })).toEqual({ replicas, reason });
});

test('the bounds have the last word, whatever is reported', () => {
  const verdict = fc.oneof(
    fc.record({ kind: fc.constant('out' as const), replicas: fc.nat(2000) }),
    fc.record({ kind: fc.constant('in' as const), replicas: fc.nat(2000) }),
    fc.constant(undefined),
  );
  const inputs = fc.record({
    current: fc.nat(1000),
    load: fc.nat(1_000_000),
    peakLoad: fc.nat(1_000_000),
    min: fc.nat(20),
    extra: fc.nat(50),
    verdict,
    frozen: fc.boolean(),
    idleForMs: fc.option(fc.nat(200_000), { nil: undefined }),
  });
  fc.assert(
    fc.property(inputs, ({ min, extra, ...input }) => {
      const { replicas } = decideReplicas({ ...base, ...input, minReplicas: min, maxReplicas: min + extra + 1 });
      return replicas >= min && replicas <= min + extra + 1;
    }),
  );
});
