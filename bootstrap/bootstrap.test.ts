import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.mjs'));
/** What Node.js 18 does not have. */
const TOO_NEW =
  /import\.meta\.(dirname|filename)|\.to(Sorted|Reversed|Spliced)\(|\.groupBy\(|withResolvers|Array\.fromAsync|\bwith \{ type|await using|\busing /;

describe.each(scripts)('bootstrap/%s', (name) => {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8');

  it('imports nothing that npm must install first', () => {
    const imported = [...text.matchAll(/(?:from|import) '([^']+)'/g), ...text.matchAll(/import\('([^']+)'\)/g)].map(([, specifier]) => specifier ?? '');
    expect(imported.filter((specifier) => !specifier.startsWith('node:') && !/^\.\/[a-z0-9-]+\.mjs$/.test(specifier))).toEqual([]);
  });

  it('uses nothing that Node.js 18 does not have', () => {
    expect(TOO_NEW.exec(text)?.[0]).toBeUndefined();
  });
});
