import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WatcherError, type ErrorPlace } from '../watcher-error.ts';

/** What went wrong while user code was loading, with the file and line where they can be told (W3.4). */
export async function describeLoadError(thrown: unknown, folder: string): Promise<WatcherError> {
  if (thrown instanceof WatcherError) return thrown;
  const { name, message, stack } = thrown instanceof Error ? thrown : { name: 'Error', message: String(thrown), stack: undefined };
  let place = placeIn(String(stack), folder);
  // The engine leaves the place of a syntax error in an ES module out of the stack.
  if (place.file === undefined && thrown instanceof SyntaxError) place = placeIn(await parseAll(folder), folder);
  return new WatcherError('LOAD_FAILED', `${name}: ${relativeTo(folder, message.split('\n', 1)[0] ?? '')}`, place);
}

/** The first place inside the package that a stack names, as `file:///…/a.js:3:7` or `/…/a.js:3`. */
export function placeIn(stack: string, folder: string): ErrorPlace {
  for (const [, location = '', line] of stack.matchAll(/((?:file:\/\/)?\/[^\n():]+):(\d+)/g)) {
    const path = location.startsWith('file:') ? fileURLToPath(location) : location;
    if (path.startsWith(folder + sep)) return { file: relative(folder, path), line: Number(line) };
  }
  return {};
}

const MAX_FILES = 200;
const PARSE = `
const { SourceTextModule } = require('node:vm');
const { readFileSync } = require('node:fs');
for (const path of process.argv.slice(1)) {
  new SourceTextModule(readFileSync(path, 'utf8'), { identifier: path });
}`;

/** Parses the package's modules, without running any, in a process of its own: Node tells the place of a syntax error only when it ends the process. */
async function parseAll(folder: string): Promise<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.m?js$/.test(path) && !path.split(sep).includes('node_modules'))
    .slice(0, MAX_FILES)
    .map((path) => join(folder, path));
  return new Promise((resolve) => {
    execFile(process.execPath, ['--experimental-vm-modules', '--no-warnings', '-e', PARSE, '--', ...files], { timeout: 5000 }, (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
}

function relativeTo(folder: string, message: string): string {
  return message.replaceAll(`file://${folder}/`, '').replaceAll(`${folder}/`, '');
}
