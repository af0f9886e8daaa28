import { describe, expect, test } from 'vitest';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';
import type { Delivery } from './delivery.ts';
import type { SynthResult } from './object.ts';
import { shardsOf } from './layout.ts';
import { renderFiles } from './tree-files.ts';

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
const more = Array.from({ length: 1000 }, (_, index) => `more-${index}`);
const base = fleet(names, () => 5);
const slower = fleet(names, (name) => (name === 'fn-0500' ? 6 : 5));
const oneMore = fleet([...names, 'fn-0500a'], () => 5);
const doubled = fleet([...names, ...more], () => 5);

type Files = ReadonlyMap<string, string>;

/** What a synthesis on top of earlier files would write. */
function render(result: SynthResult, delivery: Delivery | undefined, before: Files = new Map()): Files {
  const listed = (tree: string) => [...before.keys()].filter((path) => path.startsWith(`${tree}/`)).map((path) => path.slice(tree.length + 1));
  const { manifests, indexes } = renderFiles(result, { delivery, shards: (tree) => shardsOf(listed(tree)) });
  return new Map([...manifests, ...indexes].map(([path, content]) => [path, content().toString()]));
}

const lines = (text: string | undefined) => (text ?? '').split('\n');

describe.each([
  ['a tree', undefined],
  ['a tree in shards', ARGOCD],
])('%s of 1,000 functions', { timeout: 60_000 }, (_, delivery) => {
  const before = render(base, delivery);
  const changesTo = (result: SynthResult) => {
    const after = render(result, delivery, before);
    return {
      after,
      added: [...after.keys()].filter((path) => !before.has(path)),
      changed: [...after.keys()].filter((path) => before.has(path) && before.get(path) !== after.get(path)),
      removed: [...before.keys()].filter((path) => !after.has(path)),
    };
  };

  test('a change of one prop changes one file by at most 400 bytes', () => {
    const { after, added, changed, removed } = changesTo(slower);
    expect([added, changed.length, removed]).toEqual([[], 1, []]);
    const [old, now] = [before, after].map((files) => lines(files.get(changed[0] ?? '')));
    const edits = [...(old ?? []).filter((line) => !now?.includes(line)), ...(now ?? []).filter((line) => !old?.includes(line))];
    expect(edits).toEqual(['  timeout: 5s', '  timeout: 6s']);
    expect(Buffer.byteLength(edits.join('\n'))).toBeLessThanOrEqual(400);
  });

  test('a new function adds its files and one line for each to index and kustomization, and renames none', () => {
    const { after, added, changed, removed } = changesTo(oneMore);
    expect(removed).toEqual([]);
    expect(added.map((path) => path.split('/').at(-2)).sort()).toEqual(['configmap', 'function', 'trigger']);
    expect(changed.map((path) => path.split('/').at(-1)).sort()).toEqual(['index.yaml', 'kustomization.yaml']);
    for (const path of changed) {
      const old = new Set(lines(before.get(path)));
      const now = lines(after.get(path));
      expect(now.filter((line) => !old.has(line))).toHaveLength(added.length);
      expect(now.filter((line) => old.has(line))).toEqual(lines(before.get(path)));
    }
  });

  test('1,000 more move no file', () => {
    const { after, removed } = changesTo(doubled);
    expect(removed).toEqual([]);
    const kustomizations = [...after].filter(([path]) => /shard-\d+\/kustomization\.yaml$/.test(path));
    const sizes = kustomizations.map(([, text]) => text.match(/^ {2}- [a-z]+\//gm)?.length ?? 0);
    expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(2000);
  });
});
