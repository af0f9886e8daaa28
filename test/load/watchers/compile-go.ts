import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { checkGo } from '../../../constructs/build/go-toolchain.ts';

/** Servers, functions and the client of this bench, in the languages that they are in. */
export const FIXTURES = join(import.meta.dirname, 'fixtures');

/** Compiles a Go program of the standard library alone into a folder. @returns its file. @throws PlatformError TOOLCHAIN_MISSING */
export function compileGo(source: string, folder: string): string {
  const program = join(folder, `${basename(source)}-program`);
  execFileSync(checkGo('go', source).go, ['build', '-o', program, '.'], { cwd: source, env: { ...process.env, GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0' } });
  return program;
}
