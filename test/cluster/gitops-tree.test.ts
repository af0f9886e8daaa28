import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../contract/cli-world/project.ts';
import { type ClusterProject, createClusterProject } from './cli-world/cluster.ts';

interface Built {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
}

const STACK = join(ROOT, 'examples', 'cluster', 'stack.ts');
const WAVE = 'argocd.argoproj.io/sync-wave';
const KEEP = 'argocd.argoproj.io/sync-options';
const COMPARE = 'argocd.argoproj.io/compare-options';

let world: ClusterProject;
beforeAll(async () => {
  world = await createClusterProject({});
  await world.fib('synth', STACK, '--out', 'flat');
  await world.fib('synth', STACK, '--out', 'cut', '--argocd', 'https://git.example.com/shop.git', '--repo-path', 'deploy');
});
afterAll(() => world.close());

/** What the kustomize of kubectl makes of a folder, by id. */
function build(folder: string): Map<string, Built> {
  const built = parseAllDocuments(world.kubectl(['kustomize', join(world.project.dir, folder)])).map((document) => document.toJS() as Built);
  return new Map(built.map((object) => [`${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]));
}

function withoutMarks(object: Built): unknown {
  const { annotations = {}, ...metadata } = object.metadata;
  const left = Object.entries(annotations).filter(([key]) => ![WAVE, KEEP, COMPARE].includes(key));
  return { ...object, metadata: { ...metadata, ...(left.length > 0 && { annotations: Object.fromEntries(left) }) } };
}

it.each(['platform', 'functions'])('kustomize builds the same objects from the %s tree in shards, with waves and what is never pruned', (tree) => {
  const [flat, cut] = [build(`flat/${tree}`), build(`cut/${tree}/shard-0`)];
  expect(flat.size).toBeGreaterThan(4);
  expect([...cut.keys()].sort()).toEqual([...flat.keys()].sort());
  for (const [id, object] of cut) {
    expect(withoutMarks(object)).toEqual(flat.get(id));
    const { annotations } = object.metadata;
    if (/^(CustomResourceDefinition|Namespace)\//.test(id))
      expect(annotations).toMatchObject({ [KEEP]: 'Prune=false', [WAVE]: expect.stringMatching(/^-(10|8)$/) });
    else if (/^ConfigMap\/.*\/pkg-/.test(id)) expect(annotations).toMatchObject({ [KEEP]: 'Prune=false', [COMPARE]: 'IgnoreExtraneous', [WAVE]: '-4' });
    else expect(annotations?.[KEEP]).toBeUndefined();
    if (/^(Function|Trigger|PodPool|ScalingRule)\//.test(id)) expect(annotations?.[WAVE]).toBe('4');
    if (/^(Deployment|StatefulSet|Service)\//.test(id)) expect(annotations?.[WAVE]).toBeUndefined();
  }
});

it('the whole tree builds as its shards do, for kubectl apply -k', () => {
  expect([...build('cut/platform').keys()].sort()).toEqual([...build('flat/platform').keys()].sort());
  expect([...build('cut/argocd').keys()]).toEqual(['Application/argocd/shop-dev-functions-0', 'Application/argocd/shop-dev-platform-0']);
});
