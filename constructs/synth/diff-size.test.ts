import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';
import type { Delivery } from './delivery.ts';
import { type WriteReport, writeSynth } from './write.ts';

const FUNCTIONS = 1000;
const ARGOCD: Delivery = { kind: 'argocd', name: 'fleet', repoUrl: 'https://git.example.com/fleet.git', path: 'deploy', revision: 'main' };

/** A fleet in 50 stacks. */
function fleet(names: readonly string[], timeoutOf: (name: string) => number) {
  return synthesizeStack(
    fib.defineStack((app) => {
      const stacks = Array.from({ length: 50 }, (_, index) => new fib.FunctionStack(app, `stack-${index}`));
      for (const [index, name] of names.entries()) {
        const stack = stacks[index % stacks.length] as fib.FunctionStack;
        const code = fib.Code.fromInline(`export const handler = () => '${name}';`);
        const fn = new fib.Function(stack, name, { runtime: 'nodejs', handler: 'index.handler', code, timeout: fib.Duration.seconds(timeoutOf(name)) });
        new fib.HttpTrigger(stack, `${name}-http`, { function: fn, path: `/${name}` });
      }
    }),
  );
}

const names = Array.from({ length: FUNCTIONS }, (_, index) => `fn-${String(index).padStart(4, '0')}`);

describe.each([
  ['a tree', undefined],
  ['a tree in shards', ARGOCD],
])('%s of 1,000 functions', (_, delivery) => {
  let folder = '';
  let before: ReadonlyMap<string, string>;
  const read = () => {
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
    return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  };
  const write = (all: readonly string[], timeoutOf = (_name: string) => 5): WriteReport => writeSynth(folder, fleet(all, timeoutOf), { delivery });
  const lines = (text: string | undefined) => (text ?? '').split('\n');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fib-diff-size-'));
    write(names);
    before = read();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('a change of one prop changes one file by at most 400 bytes', () => {
    const report = write(names, (name) => (name === 'fn-0500' ? 6 : 5));
    const [path = ''] = report.written;
    expect([report.written.length, report.removed]).toEqual([1, []]);
    const [old, now] = [lines(before.get(path)), lines(readFileSync(join(folder, path), 'utf8'))];
    const changed = [...old.filter((line) => !now.includes(line)), ...now.filter((line) => !old.includes(line))];
    expect(changed).toEqual(['  timeout: 5s', '  timeout: 6s']);
    expect(Buffer.byteLength(changed.join('\n'))).toBeLessThanOrEqual(400);
  });

  it('a new function adds its files and one line for each to index and kustomization, and renames none', () => {
    write(names);
    const report = write([...names, 'fn-0500a']);
    const after = read();
    const added = [...after.keys()].filter((path) => !before.has(path));
    expect(report.removed).toEqual([]);
    expect(added.map((path) => path.split('/').at(-2)).sort()).toEqual(['configmap', 'function', 'trigger']);
    const changed = report.written.filter((path) => !added.includes(path));
    expect(changed.map((path) => path.split('/').at(-1)).sort()).toEqual(['index.yaml', 'kustomization.yaml']);
    for (const path of changed) {
      const old = new Set(lines(before.get(path)));
      const now = lines(after.get(path));
      expect(now.filter((line) => !old.has(line))).toHaveLength(added.length);
      expect(now.filter((line) => old.has(line))).toEqual(lines(before.get(path)));
    }
  });

  it('1,000 more move no file', () => {
    write(names);
    const more = Array.from({ length: 1000 }, (_more, index) => `more-${index}`);
    expect(write([...names, ...more]).removed).toEqual([]);
    const after = read();
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
    const kustomizations = [...after].filter(([path]) => /shard-\d+\/kustomization\.yaml$/.test(path));
    const sizes = kustomizations.map(([, text]) => text.match(/^ {2}- [a-z]+\//gm)?.length ?? 0);
    expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(2000);
  });
});
