import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceOrigin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const PLACE = /((?:file:\/\/)?\/[^\n():]+):(\d+):(\d+)/g;

/**
 * From now on stack traces name the sources that the package's source maps tell; a file's map is `<file>.map` beside it.
 * A map is read when the first stack needs it: what Node.js has for this reads them at load, which doubles the load time of large modules.
 */
export function mapStackTraces(folder: string): void {
  const format = Error.prepareStackTrace ?? ((error: Error, frames: readonly NodeJS.CallSite[]) => [String(error), ...frames].join('\n    at '));
  const mapStack = createStackMapper(folder);
  Error.prepareStackTrace = (error, frames) => {
    const stack: unknown = format(error, frames);
    return typeof stack === 'string' ? mapStack(stack) : stack;
  };
}

/** Gives a stack with the places in files below `folder` mapped to their sources. */
export function createStackMapper(folder: string): (stack: string) => string {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string) => {
    if (!maps.has(file)) maps.set(file, readMap(file));
    return maps.get(file);
  };
  return (stack) =>
    stack.replace(PLACE, (place, location: string, line: string, column: string) => {
      const file = pathOf(location);
      if (!file?.startsWith(folder + sep)) return place;
      const { fileName, lineNumber, columnNumber }: Partial<SourceOrigin> = mapOf(file)?.findOrigin(Number(line), Number(column)) ?? {};
      return typeof fileName === 'string' ? `${sourcePath(folder, file, fileName)}:${lineNumber}:${columnNumber}` : place;
    });
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    // There is none, or it is damaged: the stack stays as it is.
    return undefined;
  }
}

/** Where a source would lie in the package. Those from above the folder that was packed are put into it, so that every place is one in the package. */
function sourcePath(folder: string, file: string, source: string): string {
  if (/^(?!file:)[a-z][a-z\d+.-]+:/i.test(source)) return source;
  const path = source.startsWith('file:') ? (pathOf(source) ?? source) : resolve(dirname(file), source);
  return join(folder, relative(folder, path).replace(/^(\.\.[\\/])+/, ''));
}

function pathOf(location: string): string | undefined {
  try {
    return location.startsWith('file:') ? fileURLToPath(location) : location;
  } catch {
    return undefined;
  }
}
