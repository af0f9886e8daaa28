import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { isErrorCode } from '../../protocol/errors.ts';
import { METRICS } from '../../protocol/names.ts';
import { ROOT } from './cli-world/project.ts';
import { blocksOf, codeOf, type Page, readPages, withoutCode } from './docs-world/pages.ts';

const pages = readPages();
const guide = pages.filter(({ path }) => /^(README\.md|CONTRIBUTING\.md|docs\/(guide|reference)\/.*)$/.test(path));
const fib = createProgram({ stdout: process.stdout, stderr: process.stderr, cwd: ROOT, env: {} }, () => undefined);

test('every relative link leads to a file, and to a heading where it names one', () => {
  const broken = pages.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((link) => !/^[a-z]+:/.test(link) && !leads(path, link))
      .map((link) => `${path}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test('the README leads to every page of the guide', () => {
  const readme = pages.find(({ path }) => path === 'README.md')?.text ?? '';
  const unreachable = pages.filter(({ path }) => path.startsWith('docs/guide/') && !readme.includes(`(${path})`)).map(({ path }) => path);
  expect(unreachable).toEqual([]);
});

test('every error code in the documentation exists', () => {
  const named = guide.flatMap((page) => errorCodesIn(page).map((code) => ({ page: page.path, code })));
  expect(named.filter(({ code }) => !isErrorCode(code))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test('every command and option of fib in the documentation exists', () => {
  const used = guide.flatMap((page) =>
    codeOf(page)
      .flatMap((code) => code.split('\n').flatMap(fibCalls))
      .map((call) => ({ page: page.path, ...call })),
  );
  const wrong = used.filter(({ command, options }) => {
    const known = fib.commands.find((one) => one.name() === command);
    return (
      !known ||
      options.some((option) => !['--help', '--version'].includes(option) && !known.options.some(({ long, short }) => option === long || option === short))
    );
  });
  expect(wrong).toEqual([]);
  expect(new Set(used.map(({ command }) => command)).size).toBeGreaterThan(5);
});

test('every series in the guide is one that the platform exports', () => {
  const known = new Set<string>(Object.values(METRICS));
  const series = guide
    .filter(({ path }) => path.startsWith('docs/guide/'))
    .flatMap((page) => codeOf(page).flatMap((code) => code.match(/\b(?:function|fibonacci)_[a-z_]+/g) ?? []));
  const labels = new Set(['function_name']);
  expect(series.filter((name) => !labels.has(name) && !known.has(name))).toEqual([]);
});

function leads(from: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const path = target === '' ? from : normalize(join(dirname(from), target));
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || headings(readFileSync(join(ROOT, path), 'utf8')).includes(anchor);
}

/** As GitHub makes anchors. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Codes are capitals with underscores, in backticks by themselves; variables of ours begin with FIB_, secrets hold two underscores. */
function errorCodesIn(page: Page): string[] {
  const spans = codeOf(page).filter((code) => /^[A-Z]+(_[A-Z]+)+$/.test(code) && !/^FIB_|__/.test(code));
  const answers = blocksOf(page).flatMap(({ code }) =>
    [...code.matchAll(/"code":"(\w+)"|✗ (?:\S+ )?([A-Z_]{4,})\b/g)].map((match) => match[1] ?? match[2] ?? ''),
  );
  return [...spans, ...answers];
}

/** `npx fib dev --port 1`, `npm run -s fib -- ps`, `fib init my-stack`, `npm start -- --check`. */
function fibCalls(line: string): { command: string; options: string[] }[] {
  const options = (text = '') => [...text.replace(/\s[|&;].*$/, '').matchAll(/(?<=\s)(--[a-z-]+|-[a-zA-Z])(?=[\s=]|$)/g)].map((match) => match[1] ?? '');
  const start = /^npm start -- (.*)$/.exec(line);
  if (start) return [{ command: 'dev', options: options(` ${start[1]}`) }];
  const call = /^(?:npx (?:-p \S+ )*|npm run -s )?fib (?:-- )?([a-z]+)(.*)$/.exec(line.trim());
  return call ? [{ command: call[1] ?? '', options: options(call[2]) }] : [];
}
