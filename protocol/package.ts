import { digestOf } from './digest.ts';
import { PlatformError } from './errors.ts';

/**
 * The package format of watcher.md W3.2: one line of JSON, then the files' bytes. Equal files give equal bytes, whatever order they come in.
 */
export interface PackageFile {
  /** Relative, `/`-separated, NFC. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Package {
  /** `sha256:` + hex. */
  readonly digest: string;
  /** The archive. */
  readonly bytes: Uint8Array;
}

export const MAX_PACKAGE_BYTES = 64 * 1024 * 1024;
export const MAX_PACKAGE_FILES = 10_000;

/** @throws PlatformError CODE_INVALID for a bad or repeated path, or too much of it */
export function encodePackage(files: readonly PackageFile[]): Package {
  if (files.length > MAX_PACKAGE_FILES) {
    throw new PlatformError('CODE_INVALID', `${files.length} files are more than the ${MAX_PACKAGE_FILES} that a package holds`);
  }
  const sorted = files.map(({ path, bytes }) => ({ path: path.normalize('NFC'), bytes })).sort((a, b) => comparePaths(a.path, b.path));
  sorted.forEach(({ path }, index) => {
    const problem = pathProblem(path) ?? (sorted[index - 1]?.path === path ? 'it is there twice' : undefined);
    if (problem) throw new PlatformError('CODE_INVALID', `"${path}" cannot be packed: ${problem}`);
  });
  const header = JSON.stringify({ format: 1, files: sorted.map(({ path, bytes }) => ({ path, size: bytes.length })) });
  const bytes = Buffer.concat([Buffer.from(`${header}\n`), ...sorted.map((file) => file.bytes)]);
  if (bytes.length > MAX_PACKAGE_BYTES) {
    throw new PlatformError('CODE_INVALID', `the package has ${bytes.length} bytes, more than ${MAX_PACKAGE_BYTES} (64 MiB)`);
  }
  return { digest: digestOf(bytes), bytes };
}

/** @throws PlatformError PACKAGE_INVALID */
export function decodePackage(bytes: Uint8Array): PackageFile[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.indexOf(10);
  const entries = parseHeader(end < 0 ? '' : buffer.toString('utf8', 0, end));
  let offset = end + 1;
  let previous = '';
  const files = entries.map(({ path, size }) => {
    const problem = pathProblem(path) ?? (comparePaths(previous, path) >= 0 ? 'paths are not sorted or repeat' : undefined);
    if (problem || offset + size > buffer.length) {
      throw new PlatformError('PACKAGE_INVALID', `the package’s file "${path}" is refused: ${problem ?? 'the package is cut short'}`);
    }
    previous = path;
    offset += size;
    return { path, bytes: buffer.subarray(offset - size, offset) };
  });
  if (offset !== buffer.length) throw new PlatformError('PACKAGE_INVALID', `the package has ${buffer.length - offset} bytes that belong to no file`);
  return files;
}

function parseHeader(line: string): { path: string; size: number }[] {
  let header: unknown;
  try {
    header = JSON.parse(line);
  } catch (cause) {
    throw new PlatformError('PACKAGE_INVALID', 'the package does not begin with a line of JSON', { cause });
  }
  const { format, files } = (header ?? {}) as { format?: unknown; files?: unknown };
  const valid =
    format === 1 &&
    Array.isArray(files) &&
    files.length <= MAX_PACKAGE_FILES &&
    files.every((file) => typeof file?.path === 'string' && Number.isSafeInteger(file.size) && file.size >= 0);
  if (!valid) throw new PlatformError('PACKAGE_INVALID', 'the package’s first line is not {"format":1,"files":[{"path","size"}…]}');
  return files;
}

function pathProblem(path: string): string | undefined {
  if (path.length === 0 || Buffer.byteLength(path) > 512) return 'a path has 1 to 512 bytes';
  if (/[\\\0]/.test(path)) return 'a path holds no backslash and no NUL';
  if (path !== path.normalize('NFC')) return 'a path is in Unicode NFC';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'a path is relative, with no empty, "." or ".." part';
  return undefined;
}

/** By code point, as UTF-8 bytes compare. */
function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
