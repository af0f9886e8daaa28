import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Declared, parseModule } from './parse-module.ts';

const EXPORT = /export (type )?\{([^}]*)\} from '([^']+)'/g;

/** What an index module hands on from others, with its documentation, in its order. @throws Error for a name that its module does not declare */
export function readExports(index: string): Declared[] {
  const source = readFileSync(index, 'utf8');
  const modules = new Map<string, Declared[]>();
  const declaredIn = (file: string): Declared[] => {
    let known = modules.get(file);
    if (!known) modules.set(file, (known = parseModule(file, readFileSync(file, 'utf8'))));
    return known;
  };
  return [...source.matchAll(EXPORT)].flatMap(([, , names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter(Boolean)
      .map((name) => {
        const file = join(dirname(index), from);
        // Of a value and a type of the same name the value tells more.
        const found = declaredIn(file).filter((one) => one.name === name);
        const best = found.find(({ kind }) => kind !== 'type') ?? found[0];
        if (!best) throw new Error(`${index} exports ${name} from ${from}, which does not declare it`);
        return best;
      }),
  );
}
