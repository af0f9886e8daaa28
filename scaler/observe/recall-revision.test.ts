import { expect, test } from 'vitest';
import type { Instance } from '../../kit/fleet/fleet.ts';
import { coldTemplate } from '../../kit/fleet/template.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { Placement } from '../../protocol/schema/placement.ts';
import type { RevisionResource } from '../../protocol/schema/resources.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import type { ManagedFunction, ResolvedRevision } from './functions.ts';
import { recallRevision } from './recall-revision.ts';
import { digestOfTemplate, resolveRevision, type RevisionWorld } from './resolve-revision.ts';

const WORLD: RevisionWorld = { pool: () => undefined, secrets: { value: () => '' }, digestSecret: () => '' };
const cold = (placement?: Placement) => sampleFunction('hello', { deployment: { type: 'cold', memory: '256Mi', ...(placement && { placement }) } });
const SANDBOX: Placement = { runtimeClass: 'gvisor' };
const NONE = { recorded: () => undefined };

/** A function that wants its instances in a sandbox. */
const latest = resolveRevision(cold(SANDBOX), undefined, WORLD);
const fn = { uid: 'u', resource: cold(SANDBOX), latest } as unknown as ManagedFunction;
const instanceOf = (placement?: Placement) => ({ template: coldTemplate(cold(placement)) }) as unknown as Instance;
const served = { content: latest.content, generation: 1 };

test('an instance of the newest content and template serves the newest revision', () => {
  expect(recallRevision(fn, instanceOf(SANDBOX), served, NONE, WORLD)).toEqual({ revision: latest, complete: true });
});

test('an instance of the same content outside of the sandbox is known as one of another template, which is replaced', () => {
  const { revision } = recallRevision(fn, instanceOf(), served, NONE, WORLD);
  expect(revision.template).toBe(digestOfTemplate(coldTemplate(cold())));
  expect(revision.template).not.toBe(latest.template);
});

test('also where the history has that content with the newest template alone', () => {
  const recorded = toResource(latest);
  const { revision } = recallRevision({ ...fn, latest: undefined } as unknown as ManagedFunction, instanceOf(), served, { recorded: () => recorded }, WORLD);
  expect([revision.name, revision.template]).toEqual([latest.name, digestOfTemplate(coldTemplate(cold()))]);
});

function toResource({ name, template, content, spec }: ResolvedRevision): RevisionResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Revision',
    metadata: { namespace: 'default', name },
    spec: { function: 'hello', functionUid: 'u', generation: 1, template, content, snapshot: spec },
  };
}
