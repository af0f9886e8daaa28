import { createHash } from 'node:crypto';
import { MAX_PACKAGE_FILES } from '../contract.ts';
import { WatcherError } from '../watcher-error.ts';

export interface PackageFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Checks size, digest and every path of a package before a byte is written (W3.2).
 * @throws WatcherError PACKAGE_INVALID
 */
export function decodePackage(bytes: Buffer, expected: { readonly digest: string; readonly size: number }): PackageFile[] {
  if (bytes.length !== expected.size) throw refused(`it has ${bytes.length} bytes and was announced with ${expected.size}`);
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== expected.digest) throw refused('its bytes do not have the announced digest');
  const end = bytes.indexOf(10);
  const entries = parseManifest(end < 0 ? '' : bytes.toString('utf8', 0, end));
  let offset = end + 1;
  const files = entries.map(({ path, size }, index) => {
    const before = entries[index - 1]?.path;
    const problem = pathProblem(path) ?? (before !== undefined && order(before, path) >= 0 ? 'paths must be sorted and differ' : undefined);
    if (problem) throw refused(`${JSON.stringify(path)}: ${problem}`);
    offset += size;
    return { path, bytes: bytes.subarray(offset - size, offset) };
  });
  if (offset !== bytes.length) throw refused(`its files need ${offset} bytes and it has ${bytes.length}`);
  refuseFileAsFolder(entries);
  return files;
}

function parseManifest(line: string): { path: string; size: number }[] {
  const manifest = parseLine(line);
  const files = manifest?.format === 1 && Array.isArray(manifest.files) ? (manifest.files as unknown[]) : undefined;
  if (!files) throw refused('it does not begin with the line {"format":1,"files":[…]}');
  if (files.length > MAX_PACKAGE_FILES) throw refused(`it has ${files.length} files, more than ${MAX_PACKAGE_FILES}`);
  return files.map((file) => {
    const { path, size } = (file ?? {}) as { path?: unknown; size?: unknown };
    if (typeof path !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0) throw refused('a file needs a path and a size');
    return { path, size: size as number };
  });
}

function parseLine(line: string): { format?: unknown; files?: unknown } | null {
  try {
    return JSON.parse(line) as { format?: unknown; files?: unknown } | null;
  } catch {
    return null;
  }
}

function pathProblem(path: string): string | undefined {
  if (path === '' || Buffer.byteLength(path) > 512) return 'a path has 1 to 512 bytes';
  if (path.includes('\\') || path.includes('\0')) return 'a path has no backslash and no NUL';
  if (path.normalize('NFC') !== path) return 'a path is in Unicode form NFC';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'a path is relative, with no empty, "." or ".." part';
  return undefined;
}

/** `a` and `a/b` in one package: the one cannot be written where the other is. */
function refuseFileAsFolder(entries: readonly { path: string }[]): void {
  const paths = new Set(entries.map(({ path }) => path));
  for (const path of paths) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (paths.has(path.slice(0, slash))) throw refused(`${JSON.stringify(path.slice(0, slash))} is a file and a folder`);
    }
  }
}

/** By code point, as UTF-8 bytes compare. */
function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function refused(reason: string): WatcherError {
  return new WatcherError('PACKAGE_INVALID', `the package is refused: ${reason}`);
}
