import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';
import type { Delivery, DeliveryKind } from './delivery.ts';
import { writeSynth } from './write.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fib-delivery-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const delivery = (kind: DeliveryKind): Delivery => ({ kind, name: 'shop-prod', repoUrl: 'https://git.example.com/shop.git', path: 'deploy', revision: 'main' });
const result = synthesizeStack(
  fib.defineStack((app) => {
    const stack = new fib.FunctionStack(app, 'shop', { namespace: 'shop' });
    new fib.Function(stack, 'hello', { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline('// hello') });
    new fib.Platform(app, 'fibonacci', { images: { registry: 'registry.example.com/fib' } });
  }),
);
const PACKAGES = { kind: 'ConfigMap', annotationSelector: 'fibonacci.dev/digest' };
const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
const read = (path: string) =>
  parse(readFileSync(join(folder, path), 'utf8')) as Record<string, never> & { resources: string[]; patches: { target: object; patch: string }[] };

test('Argo CD gets one Application a shard, the platform’s in an earlier wave', () => {
  writeSynth(folder, result, { delivery: delivery('argocd') });
  expect(read('argocd/kustomization.yaml').resources).toEqual(['application.shop-prod-platform-0.yaml', 'application.shop-prod-functions-0.yaml']);
  expect(read('argocd/application.shop-prod-functions-0.yaml')).toMatchObject({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop-prod-functions-0', namespace: 'argocd', annotations: { 'argocd.argoproj.io/sync-wave': '4' } },
    spec: {
      source: { repoURL: 'https://git.example.com/shop.git', targetRevision: 'main', path: 'deploy/functions/shard-0' },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['ServerSideApply=true', 'PruneLast=true', 'SkipDryRunOnMissingResource=true'],
        retry: { limit: 10, backoff: { duration: '10s', factor: 2, maxDuration: '3m' } },
      },
    },
  });
  expect(read('argocd/application.shop-prod-platform-0.yaml')).toMatchObject({ metadata: { annotations: { 'argocd.argoproj.io/sync-wave': '-10' } } });
});

test('waves follow from phases, CRDs and namespaces are never pruned, and the manifests are those of any other way', () => {
  writeSynth(folder, result, { delivery: delivery('argocd') });
  const wavesOf = (tree: string) =>
    read(`${tree}/shard-0/kustomization.yaml`).patches.map(({ target, patch }) => {
      const { metadata } = parse(patch) as { metadata: { annotations: Record<string, string> } };
      return [target, Object.values(metadata.annotations)[0]];
    });
  expect(wavesOf('functions')).toEqual([
    [{ kind: 'ConfigMap' }, '-4'],
    [{ group: 'fibonacci.dev', kind: 'Function' }, '4'],
    [PACKAGES, 'Prune=false'],
  ]);
  expect(wavesOf('platform')).toEqual([
    [{ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }, '-10'],
    [{ kind: 'Namespace' }, '-8'],
    [{ kind: 'ServiceAccount' }, '-6'],
    [{ group: 'rbac.authorization.k8s.io', kind: expect.stringContaining('RoleBinding') }, '-6'],
    ...[expect.anything(), expect.anything()].map((any) => [any, '-4']),
    [{ kind: 'CustomResourceDefinition|Namespace' }, 'Prune=false'],
  ]);
  const sharded = files().filter((path) => /\/shard-0\/.+\//.test(path));
  const plain = mkdtempSync(join(tmpdir(), 'fib-plain-'));
  try {
    writeSynth(plain, result);
    expect(sharded.length).toBe(result.objects.length);
    for (const path of sharded) expect(readFileSync(join(folder, path))).toEqual(readFileSync(join(plain, path.replace('/shard-0/', '/'))));
  } finally {
    rmSync(plain, { recursive: true });
  }
});

test.each<[DeliveryKind, object]>([
  ['argocd', { 'argocd.argoproj.io/sync-options': 'Prune=false', 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' }],
  ['flux', { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }],
])('%s keeps code packages that the tree has no more: revisions that are still served need them', (kind, annotations) => {
  writeSynth(folder, result, { delivery: delivery(kind) });
  const marks = (tree: string) => read(`${tree}/shard-0/kustomization.yaml`).patches.filter(({ target }) => 'annotationSelector' in target);
  expect(marks('functions').map(({ target, patch }) => [target, (parse(patch) as { metadata: object }).metadata])).toEqual([
    [PACKAGES, { name: 'any', annotations }],
  ]);
  expect(marks('platform')).toEqual([]);
});

test('Flux gets the repository and one Kustomization a shard; functions wait for the platform', () => {
  writeSynth(folder, result, { delivery: delivery('flux') });
  const names = ['gitrepository.shop-prod.yaml', 'kustomization.shop-prod-platform-0.yaml', 'kustomization.shop-prod-functions-0.yaml'];
  expect(read('flux/kustomization.yaml').resources).toEqual(names);
  expect(read('flux/gitrepository.shop-prod.yaml')).toMatchObject({ spec: { url: 'https://git.example.com/shop.git', ref: { name: 'refs/heads/main' } } });
  expect(read('flux/kustomization.shop-prod-functions-0.yaml')).toMatchObject({
    metadata: { name: 'shop-prod-functions-0', namespace: 'flux-system' },
    spec: {
      path: './deploy/functions/shard-0',
      prune: true,
      dependsOn: [{ name: 'shop-prod-platform-0' }],
      sourceRef: { kind: 'GitRepository', name: 'shop-prod' },
    },
  });
  expect(readFileSync(join(folder, 'platform/shard-0/kustomization.yaml'), 'utf8')).toContain('kustomize.toolkit.fluxcd.io/prune: disabled');
});

test('the same again changes nothing; another program’s files go; a tree in shards is not written without them', () => {
  writeSynth(folder, result, { delivery: delivery('flux') });
  writeSynth(folder, result, { delivery: delivery('argocd') });
  expect(files().filter((path) => path.startsWith('flux'))).toEqual([]);
  expect(writeSynth(folder, result, { delivery: delivery('argocd') })).toMatchObject({ written: [], removed: [] });
  expect(() => writeSynth(folder, result)).toThrow(/cut into shards[^]*--argocd or --flux as before/);
});

test('a flat tree becomes one in shards, with nothing left behind', () => {
  writeSynth(folder, result);
  writeSynth(folder, result, { delivery: delivery('argocd') });
  expect(
    files()
      .filter((path) => /^(platform|functions)\//.test(path) && !path.includes('shard-'))
      .sort(),
  ).toEqual(['platform', 'functions'].flatMap((tree) => [`${tree}/index.yaml`, `${tree}/kustomization.yaml`]).sort());
  expect(read('functions/kustomization.yaml').resources).toEqual(['shard-0']);
});
