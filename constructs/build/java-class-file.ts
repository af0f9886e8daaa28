import { PlatformError } from '../../protocol/errors.ts';
import type { PackageFile } from '../../protocol/package.ts';

/**
 * Sees whether a handler's class is in the package and has a method of the name: what is inherited from elsewhere is left to the watcher.
 * @throws PlatformError CODE_INVALID
 */
export function checkHandler(files: readonly PackageFile[], handler: string): void {
  const dot = handler.lastIndexOf('.');
  const owner = handler.slice(0, dot).replaceAll('.', '/');
  const member = handler.slice(dot + 1);
  const found = findClass(files, owner);
  if (!found) {
    // In a jar it is seen when it is loaded.
    if (findClass(files, `${owner}/${member}`) || files.some(({ path }) => path.endsWith('.jar'))) return;
    throw invalid(handler, `there is neither a class ${owner.replaceAll('/', '.')} nor a class ${handler}; classes are ${shown(classNames(files))}`);
  }
  const { names, superclass } = readClass(found.bytes);
  if (!names.includes(member) && superclass === 'java/lang/Object' && !findClass(files, `${owner}/${member}`))
    throw invalid(
      handler,
      `the class ${owner.replaceAll('/', '.')} has no method ${member}; its methods are ${shown(names.filter((name) => !name.startsWith('<')))}`,
    );
}

function findClass(files: readonly PackageFile[], name: string): PackageFile | undefined {
  return files.find(({ path }) => path === `classes/${name}.class`);
}

function classNames(files: readonly PackageFile[]): string[] {
  return files.flatMap(({ path }) => /^classes\/(.*)\.class$/.exec(path)?.[1]?.replaceAll('/', '.') ?? []).filter((name) => !name.includes('$'));
}

function shown(names: readonly string[]): string {
  const few = [...new Set(names)].slice(0, 10);
  return few.length === 0 ? 'none' : few.join(', ');
}

function invalid(handler: string, problem: string): PlatformError {
  return new PlatformError('CODE_INVALID', `the handler ${handler} is not in the Java function: ${problem}`, { details: { handler } });
}

/** Bytes behind the tag of each constant (The Java Virtual Machine Specification, 4.4); texts have their own length. */
const CONSTANT_BYTES: Readonly<Record<number, number>> = {
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 2,
  8: 2,
  9: 4,
  10: 4,
  11: 4,
  12: 4,
  15: 3,
  16: 2,
  17: 4,
  18: 4,
  19: 2,
  20: 2,
};
const UTF8 = 1;
const CLASS = 7;

/** Names of a class file's own methods, and its superclass. */
function readClass(bytes: Uint8Array): { readonly names: readonly string[]; readonly superclass: string | undefined } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.readUInt16BE(8);
  const texts = new Map<number, string>();
  const classes = new Map<number, number>();
  let at = 10;
  for (let index = 1; index < count; index += 1) {
    const tag = view.readUInt8(at);
    if (tag === UTF8) texts.set(index, view.toString('utf8', at + 3, at + 3 + view.readUInt16BE(at + 1)));
    if (tag === CLASS) classes.set(index, view.readUInt16BE(at + 1));
    at += tag === UTF8 ? 3 + view.readUInt16BE(at + 1) : 1 + (CONSTANT_BYTES[tag] ?? 0);
    if (tag === 5 || tag === 6) index += 1;
  }
  const superclass = texts.get(classes.get(view.readUInt16BE(at + 4)) ?? 0);
  at += 8 + 2 * view.readUInt16BE(at + 6);
  at = readMembers(view, at).end;
  const { names } = readMembers(view, at);
  return { names: names.map((index) => texts.get(index) ?? ''), superclass };
}

/** Fields, or methods: the indices of their names, and where they end. */
function readMembers(view: Buffer, from: number): { readonly names: number[]; readonly end: number } {
  const names: number[] = [];
  let at = from + 2;
  for (let member = view.readUInt16BE(from); member > 0; member -= 1) {
    names.push(view.readUInt16BE(at + 2));
    let attributes = view.readUInt16BE(at + 6);
    at += 8;
    for (; attributes > 0; attributes -= 1) at += 6 + view.readUInt32BE(at + 2);
  }
  return { names, end: at };
}
