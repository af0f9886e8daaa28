import { isDeepStrictEqual } from 'node:util';
import type { SynthResult } from '../../constructs/synth/object.ts';
import { manifestPath } from '../../constructs/synth/layout.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import { shortPath } from '../project.ts';
import { readCommitted } from './committed-tree.ts';
import { readGitFolder } from './git.ts';
import { type DiffPart, diffPart } from './part.ts';

/** What a stack changes of the tree that a commit has. */
export interface GitDiff {
  readonly ref: string;
  readonly commit: string;
  /** In the order to apply; what is removed last. */
  readonly parts: readonly DiffPart[];
  readonly unchanged: number;
}

/**
 * Compares what a stack comes to now with the synthesized tree as a commit has it.
 * @param folder where the tree lies, as `fib synth --out` was told
 * @throws PlatformError GIT_FAILED, TOOLCHAIN_MISSING
 */
export async function diffWithGit(result: SynthResult, folder: string, ref: string, cwd: string): Promise<GitDiff> {
  const git = await readGitFolder(folder, ref);
  const wanted = result.objects.map((synth) => ({ ...synth, file: `${synth.tree}/${manifestPath(synth.object)}` }));
  const contents = new Map(wanted.map(({ file, object }) => [file, renderYaml(object)]));
  const { same, others } = await readCommitted(git, contents, `${shortPath(cwd, folder)} at ${ref} (${git.commit.slice(0, 8)})`);
  const before = new Map(others.map((one) => [one.id, one.object]));
  const sides = [ref, 'stack'] as const;
  const changed = wanted
    .filter(({ id, file, object }) => !same.has(file) && !isDeepStrictEqual(before.get(id), object))
    .map(({ id, path, object }) => diffPart({ id, path, before: before.get(id), after: object }, sides));
  const ids = new Set(wanted.map(({ id }) => id));
  const removed = others.filter(({ id }) => !ids.has(id)).map(({ id, path, object }) => diffPart({ id, path, before: object }, sides));
  return { ref, commit: git.commit, parts: [...changed, ...removed], unchanged: wanted.length - changed.length };
}
