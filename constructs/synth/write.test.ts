import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject } from 'cdk8s';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';
import { writeSynth } from './write.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fib-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LARGE = 64 * 1024;

/** A stack of functions; those whose name begins with `large` have a package that no ConfigMap holds. */
function result(names: readonly string[], timeoutSeconds = 5) {
  const define = fib.defineStack((app) => {
    const stack = new fib.FunctionStack(app, 'shop');
    for (const name of names) {
      new fib.Function(stack, name, {
        runtime: 'nodejs',
        handler: 'index.handler',
        code: fib.Code.fromInline(`// ${name}${name.startsWith('large') ? ' '.repeat(LARGE) : ''}`),
        timeout: fib.Duration.seconds(timeoutSeconds),
      });
    }
    new ApiObject(stack, 'shop', { apiVersion: 'v1', kind: 'Namespace' });
  });
  return synthesizeStack(define);
}

const files = () => (readdirSync(folder, { recursive: true }) as string[]).filter((path) => statSync(join(folder, path)).isFile()).sort();
const manifests = () => files().filter((path) => path.startsWith('functions'));

test('one file an object, an index in the order to apply, small packages as ConfigMaps and large ones by their digest', () => {
  const synth = result(['a', 'b', 'large']);
  writeSynth(folder, synth);
  const digests = [...synth.packages].map(([digest, bytes]) => ({ hex: digest.slice(7), large: bytes.length > LARGE }));
  const configMaps = digests.filter(({ large }) => !large).map(({ hex }) => `configmap/default.pkg-${hex.slice(0, 40)}.yaml`);
  const functions = ['a', 'b', 'large'].map((name) => `function/default.${name}.yaml`);
  const packages = digests.filter(({ large }) => large).map(({ hex }) => `packages/${hex}.pkg`);
  expect([configMaps.length, packages.length]).toEqual([2, 1]);
  expect(files()).toEqual(
    [...['index.yaml', 'kustomization.yaml', 'namespace/shop.yaml', ...configMaps, ...functions].map((path) => `functions/${path}`), ...packages].sort(),
  );
  const kustomization = parse(readFileSync(join(folder, 'functions/kustomization.yaml'), 'utf8')) as { resources: string[] };
  expect(kustomization.resources).toEqual(['namespace/shop.yaml', ...configMaps.toSorted(), ...functions]);
  const index = parse(readFileSync(join(folder, 'functions/index.yaml'), 'utf8')) as Record<string, string>;
  expect(Object.keys(index)).toEqual(kustomization.resources);
  expect(index).toMatchObject({ 'namespace/shop.yaml': 'shop/shop', 'function/default.a.yaml': 'shop/a' });
  for (const { object } of synth.objects) {
    const { namespace, name } = object.metadata;
    const path = `functions/${object.kind.toLowerCase()}/${namespace === undefined ? '' : `${namespace}.`}${name}.yaml`;
    expect(parse(readFileSync(join(folder, path), 'utf8'), { version: '1.1' })).toEqual(object);
  }
});

test('the same again changes nothing, and touches no file', () => {
  const first = writeSynth(folder, result(['a', 'b']));
  const times = () => files().map((path) => statSync(join(folder, path), { bigint: true }).mtimeNs);
  const before = times();
  const second = writeSynth(folder, result(['b', 'a']));
  expect(first).toMatchObject({ unchanged: 0, removed: [] });
  expect(second).toEqual({ written: [], removed: [], unchanged: first.written.length });
  expect(times()).toEqual(before);
});

test('a change of one field rewrites one file', () => {
  writeSynth(folder, result(['a']));
  const before = readFileSync(join(folder, 'functions/function/default.a.yaml'), 'utf8').split('\n');
  expect(writeSynth(folder, result(['a'], 6)).written).toEqual(['functions/function/default.a.yaml']);
  const after = readFileSync(join(folder, 'functions/function/default.a.yaml'), 'utf8').split('\n');
  expect(after.filter((line, index) => line !== before[index])).toEqual(['  timeout: 6s']);
});

test('what is no more is removed, with its package; what others wrote is left', () => {
  writeSynth(folder, result(['a', 'b', 'large-a', 'large-b']));
  writeFileSync(join(folder, 'functions/function/default.mine.yaml'), 'kind: Function\n');
  writeFileSync(join(folder, 'packages/README'), 'mine');
  const report = writeSynth(folder, result(['a', 'large-a']));
  expect(report.removed).toHaveLength(4);
  expect(manifests()).toEqual([
    expect.stringContaining('functions/configmap/default.pkg-'),
    'functions/function/default.a.yaml',
    'functions/function/default.large-a.yaml',
    'functions/function/default.mine.yaml',
    'functions/index.yaml',
    'functions/kustomization.yaml',
    'functions/namespace/shop.yaml',
  ]);
  expect(readdirSync(join(folder, 'packages'))).toHaveLength(2);
});

test('a kustomization that was tampered with makes nothing outside of the folder go away', () => {
  writeSynth(folder, result(['a']));
  writeFileSync(join(folder, 'victim.yaml'), 'mine');
  writeFileSync(join(folder, 'functions/kustomization.yaml'), 'resources:\n  - ../victim.yaml\n  - function/../../victim.yaml\n  - /etc/passwd\n');
  expect(writeSynth(folder, result(['a'])).removed).toEqual([]);
  expect(existsSync(join(folder, 'victim.yaml'))).toBe(true);
});

test('a secret in clear is an error, and nothing is written', () => {
  const define = fib.defineStack((app) => {
    const stack = new fib.FunctionStack(app, 'shop');
    new ApiObject(stack, 'db', { apiVersion: 'v1', kind: 'Secret', stringData: { password: 'hunter2' } });
  });
  expect(() => writeSynth(folder, synthesizeStack(define))).toThrow(/shop\/db: Secret\/default\/db holds values \(password\)[^]*Secret\.fromName/);
  expect(files()).toEqual([]);
});
