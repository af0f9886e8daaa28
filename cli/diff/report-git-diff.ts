import type { SynthResult } from '../../constructs/synth/object.ts';
import { checkClearText } from '../../constructs/synth/write.ts';
import { shortPath } from '../project.ts';
import type { Terminal } from '../terminal.ts';
import { CHANGES } from './exit-code.ts';
import { diffWithGit } from './git-diff.ts';
import { renderMarkdown } from './markdown.ts';
import { renderParts, summarizeEffects } from './part.ts';

export interface GitDiffOptions {
  readonly result: SynthResult;
  /** Absolute path of the tree. */
  readonly folder: string;
  readonly ref: string;
  readonly cwd: string;
  readonly markdown: boolean;
}

/** Shows what a stack changes of the tree that a commit has; resolves to the exit code. @throws PlatformError as `diffWithGit`; SECRET_IN_CLEAR as `fib synth` */
export async function reportGitDiff({ result, folder, ref, cwd, markdown }: GitDiffOptions, terminal: Terminal): Promise<number> {
  checkClearText(result);
  const { parts, commit, unchanged } = await diffWithGit(result, folder, ref, cwd);
  const place = shortPath(cwd, folder);
  terminal.result({ ref, commit, folder: place, changes: parts, unchanged }, () => {
    if (markdown) return renderMarkdown(parts, { title: `What changes in \`${place}\` since \`${ref}\`` });
    if (parts.length === 0) return `nothing changes in ${place} since ${ref}: ${unchanged} objects`;
    return [
      renderParts(parts, terminal),
      `${parts.length === 1 ? '1 object changes' : `${parts.length} objects change`} in ${place} since ${ref}; ${unchanged} as they were`,
      summarizeEffects(parts),
    ].join('\n');
  });
  return parts.length > 0 ? CHANGES : 0;
}
