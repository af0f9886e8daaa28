import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';

/** Where a stack and what belongs to it lie. */
export interface Project {
  /** Absolute path of the stack file. */
  readonly stack: string;
  /** The nearest folder above the stack with a package.json, else the stack's own folder. */
  readonly root: string;
  readonly paths: ProjectPaths;
}

/** State of `fib dev` in a project; nothing else is written there. */
export interface ProjectPaths {
  readonly run: string;
  readonly devFile: string;
  readonly objects: string;
  readonly packages: string;
  readonly state: string;
  /** Output of the platform's own processes. */
  readonly logs: string;
}

const STACK_NAMES = ['stack.ts', 'stack.mts', 'stack.js', 'stack.mjs', 'src/stack.ts'];

/** @throws PlatformError STACK_LOAD_FAILED where there is no stack file */
export function findProject(cwd: string, stack: string | undefined): Project {
  const file = stack === undefined ? STACK_NAMES.map((name) => join(cwd, name)).find((name) => existsSync(name)) : resolve(cwd, stack);
  if (file === undefined) {
    throw new PlatformError('STACK_LOAD_FAILED', `${cwd} holds no stack file (${STACK_NAMES.join(', ')}): name one, or make a project with \`fib init\``);
  }
  if (!existsSync(file)) throw new PlatformError('STACK_LOAD_FAILED', `the stack file ${file} does not exist`, { details: { file } });
  const root = findUp(dirname(file), 'package.json') ?? dirname(file);
  return { stack: file, root, paths: projectPaths(root) };
}

/** The state of the platform that runs for the folder or one above it. */
export function findDevFile(cwd: string): string | undefined {
  const root = findUp(cwd, join('.fib', 'run', 'dev.json'));
  return root === undefined ? undefined : projectPaths(root).devFile;
}

/** A path as people read it: relative where it is below the folder. */
export function shortPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') ? path : short;
}

function projectPaths(root: string): ProjectPaths {
  const run = join(root, '.fib', 'run');
  return {
    run,
    devFile: join(run, 'dev.json'),
    objects: join(run, 'objects'),
    packages: join(run, 'packages'),
    state: join(run, 'state'),
    logs: join(run, 'logs'),
  };
}

function findUp(folder: string, name: string): string | undefined {
  if (existsSync(join(folder, name))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findUp(parent, name);
}
