import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { PlatformError } from '../../protocol/errors.ts';

/** A folder as git holds it at a commit. */
export interface GitFolder {
  readonly commit: string;
  /** Path below the folder → the object's hash. */
  readonly blobs: ReadonlyMap<string, string>;
  /** The content of blobs, in the order of their hashes. */
  read(hashes: readonly string[]): Promise<Buffer[]>;
}

/**
 * What a commit has in a folder, whether the folder is there now or not.
 * @param ref branch, tag or commit
 * @throws PlatformError GIT_FAILED for no repository or an unknown ref; TOOLCHAIN_MISSING without git
 */
export async function readGitFolder(folder: string, ref: string): Promise<GitFolder> {
  const { root, path: prefix } = await findRepository(folder);
  const commit = await findCommit(root, ref);
  const listed = await run(root, ['ls-tree', '-r', '-z', '--full-tree', commit, ...(prefix === '' ? [] : ['--', `${prefix}/`])]);
  if (listed.code !== 0) throw failed(`git ls-tree ${ref}: ${firstLine(listed.stderr)}`);
  return { commit, blobs: blobsOf(listed.stdout.toString(), prefix), read: (hashes) => readBlobs(root, hashes) };
}

/** Path of a folder in its repository, whether it is there yet or not; '' for the root. @throws PlatformError GIT_FAILED, TOOLCHAIN_MISSING */
export async function pathInRepository(folder: string): Promise<string> {
  return (await findRepository(folder)).path;
}

async function findRepository(folder: string): Promise<{ readonly root: string; readonly path: string }> {
  const { base, rest } = nearestFolder(folder);
  const top = await run(base, ['rev-parse', '--show-toplevel']);
  if (top.code !== 0) throw failed(`${base} is in no git repository (${firstLine(top.stderr)}): run this where the tree is, or will be, committed`);
  const root = firstLine(top.stdout.toString());
  return { root, path: relative(realpathSync(root), join(realpathSync(base), rest)) };
}

async function findCommit(root: string, ref: string): Promise<string> {
  const resolve = async (name: string) => run(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  const found = await resolve(ref);
  if (found.code === 0) return firstLine(found.stdout.toString());
  const remote = (await resolve(`origin/${ref}`)).code === 0;
  const wayOut = remote
    ? `there is origin/${ref}: use --git origin/${ref}`
    : `bring it with \`git fetch origin ${ref}\`, or name another branch, tag or commit`;
  throw failed(`git knows no commit ${JSON.stringify(ref)} here: ${wayOut}`);
}

/** `<mode> <type> <hash>\t<path>`, each ended by NUL (git-ls-tree). */
function blobsOf(listed: string, prefix: string): Map<string, string> {
  const lines = listed.split('\0').filter((line) => line !== '');
  return new Map(
    lines.flatMap((line) => {
      const [, type, hash = ''] = line.slice(0, line.indexOf('\t')).split(' ');
      const path = line.slice(line.indexOf('\t') + 1);
      return type === 'blob' ? [[prefix === '' ? path : path.slice(prefix.length + 1), hash] as const] : [];
    }),
  );
}

/** One process for all: `<hash> <type> <size>\n<bytes>\n` each (git-cat-file, --batch). */
async function readBlobs(root: string, hashes: readonly string[]): Promise<Buffer[]> {
  if (hashes.length === 0) return [];
  const { code, stdout, stderr } = await run(root, ['cat-file', '--batch'], hashes.map((hash) => `${hash}\n`).join(''));
  if (code !== 0) throw failed(`git cat-file: ${firstLine(stderr)}`);
  let at = 0;
  return hashes.map((hash) => {
    const end = stdout.indexOf('\n', at);
    const size = Number(stdout.subarray(at, end).toString().split(' ')[2]);
    if (!(size >= 0)) throw failed(`git has lost the object ${hash}: \`git fsck\` says more`);
    at = end + 1 + size + 1;
    return stdout.subarray(end + 1, end + 1 + size);
  });
}

interface Run {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

async function run(cwd: string, args: readonly string[], input = ''): Promise<Run> {
  const child = spawn('git', ['-c', 'core.quotepath=off', ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  // It may end without reading all that it is told.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const [[code], stdout, stderr] = await Promise.all([once(child, 'close') as Promise<[number | null]>, buffer(child.stdout), text(child.stderr)]);
    return { code, stdout, stderr };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new PlatformError('TOOLCHAIN_MISSING', 'git is not on PATH, and --git compares with what git holds: install git', { cause });
  }
}

/** The folder or the nearest one above it that is there, and what is left of the path. */
function nearestFolder(folder: string, rest = ''): { readonly base: string; readonly rest: string } {
  if (existsSync(folder) || folder === dirname(folder)) return { base: folder, rest };
  return nearestFolder(dirname(folder), join(basename(folder), rest));
}

function failed(message: string): PlatformError {
  return new PlatformError('GIT_FAILED', message);
}

function firstLine(output: string): string {
  return output.split('\n')[0] ?? '';
}
