import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../protocol/errors.ts';
import type { GoHandler } from './go-handler.ts';
import type { GoToolchain } from './go-toolchain.ts';

export interface Workspace {
  /** For `GOWORK`. */
  readonly workFile: string;
  /** For `-overlay`. */
  readonly overlayFile: string;
  /** The main package's folder: in the function's module, so that it may import what is `internal` there, but only in the overlay. */
  readonly program: string;
}

interface WorkspaceOptions {
  readonly directory: string;
  readonly handlers: readonly GoHandler[];
  readonly toolchain: GoToolchain;
  readonly folder: string;
}

const PROGRAM = 'fibonacci_function';
/** The module `fibonacci.dev/go`: beside the sources as beside what was compiled of them. */
const SDK = fileURLToPath(new URL('../../runtimes/go', import.meta.url)).replace(/\/$/, '');
/** A go.mod that says none means this one. */
const OLDEST_VERSION = '1.16';
const SDK_MODULE = 'fibonacci.dev/go';

/**
 * Writes what joins the function's module, the platform's and a generated main program, all into `folder`.
 * @throws PlatformError CODE_INVALID for a go.mod or go.work that cannot be read
 */
export function writeWorkspace({ directory, handlers, toolchain, folder }: WorkspaceOptions): Workspace {
  const own = readOwnWorkspace(toolchain);
  const goMod = readFileSync(join(directory, 'go.mod'), 'utf8');
  const modulePath = /^\s*module\s+(?:"([^"]+)"|(\S+))/m.exec(goMod)?.slice(1).find(Boolean);
  if (modulePath === undefined)
    throw new PlatformError('CODE_INVALID', `${directory}/go.mod names no module; its first line must be: module example.com/my-function`);
  const folders = [...new Set([directory, SDK, ...own.folders])];
  const version = newestVersion([...folders.map(goVersion), runtimeVersion(toolchain)]);
  const workFile = join(folder, 'go.work');
  const uses = folders.map((path) => `use ${JSON.stringify(path)}`);
  writeFileSync(workFile, [`go ${version}`, ...uses, ...own.replaces, ''].join('\n'));

  const source = join(folder, 'main.go');
  writeFileSync(source, renderMain(modulePath, handlers));
  const overlayFile = join(folder, 'overlay.json');
  writeFileSync(overlayFile, JSON.stringify({ Replace: { [join(directory, PROGRAM, 'main.go')]: source } }));
  return { workFile, overlayFile, program: PROGRAM };
}

function renderMain(modulePath: string, handlers: readonly GoHandler[]): string {
  const folders = [...new Set(handlers.map(({ folder }) => folder))].sort();
  const alias = (folder: string) => `package${folders.indexOf(folder)}`;
  const path = (folder: string) => (folder === '.' ? modulePath : `${modulePath}/${folder}`);
  return [
    'package main',
    '',
    'import (',
    `\t${JSON.stringify(`${SDK_MODULE}/executor`)}`,
    ...folders.map((folder) => `\t${alias(folder)} ${JSON.stringify(path(folder))}`),
    ')',
    '',
    'func main() {',
    '\texecutor.Run(map[string]any{',
    // Each on a line of its own, by which the compiler's errors are told apart.
    ...handlers.map(({ name, folder, exported }) => `\t\t${JSON.stringify(name)}: ${alias(folder)}.${exported},`),
    '\t})',
    '}',
    '',
  ].join('\n');
}

interface OwnWorkspace {
  readonly folders: readonly string[];
  readonly replaces: readonly string[];
}

interface WorkJson {
  readonly Use?: readonly { readonly DiskPath: string }[] | null;
  readonly Replace?: readonly { readonly Old: Versioned; readonly New: Versioned }[] | null;
}

interface Versioned {
  readonly Path: string;
  readonly Version?: string;
}

/** The function may be one of several modules that lie beside each other: they stay. */
function readOwnWorkspace({ go, ownWorkspace }: GoToolchain): OwnWorkspace {
  if (ownWorkspace === undefined) return { folders: [], replaces: [] };
  const { status, stdout, stderr } = spawnSync(go, ['work', 'edit', '-json', ownWorkspace], { encoding: 'utf8' });
  if (status !== 0) throw new PlatformError('CODE_INVALID', `${ownWorkspace} cannot be read: ${stderr.trim()}`, { details: { file: ownWorkspace } });
  const { Use, Replace } = JSON.parse(stdout) as WorkJson;
  const base = dirname(ownWorkspace);
  const versioned = ({ Path, Version }: Versioned) => (Version === undefined ? JSON.stringify(Path) : `${JSON.stringify(Path)} ${Version}`);
  const target = (to: Versioned) => (to.Version === undefined ? { Path: resolve(base, to.Path) } : to);
  return {
    folders: (Use ?? []).map(({ DiskPath }) => resolve(base, DiskPath)),
    replaces: (Replace ?? []).map(({ Old, New }) => `replace ${versioned(Old)} => ${versioned(target(New))}`),
  };
}

/** From Go 1.25 on a program keeps to its container's processors, by default where the workspace says that version. */
function runtimeVersion({ minor }: GoToolchain): string {
  return `1.${Math.min(minor, 25)}`;
}

function goVersion(folder: string): string {
  return /^\s*go\s+(\d+\.\d+(?:\.\d+)?)/m.exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1] ?? OLDEST_VERSION;
}

function newestVersion(versions: readonly string[]): string {
  return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? OLDEST_VERSION;
}
