import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli-world/project.ts';

export interface Page {
  /** From the checkout. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Of its first line of code. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

const FENCED = /^```(\w*)\n([\s\S]*?)^```$/gm;
const SPAN = /`([^`\n]+)`/g;
const NOT_OURS = new Set(['node_modules', 'dist', '.cache', '.fib', '.git']);

/** All Markdown of the checkout. */
export function readPages(): Page[] {
  return filesBelow('')
    .filter((path) => path.endsWith('.md'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export function blocksOf({ path, text }: Page): Block[] {
  return [...text.matchAll(FENCED)].map((match) => ({
    page: path,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[1] ?? '',
    code: match[2] ?? '',
  }));
}

/** What is set in code: fenced blocks, and spans in backticks. */
export function codeOf(page: Page): string[] {
  const prose = page.text.replaceAll(FENCED, '');
  return [...blocksOf(page).map(({ code }) => code), ...[...prose.matchAll(SPAN)].map((match) => match[1] ?? '')];
}

export function withoutCode(text: string): string {
  return text.replaceAll(FENCED, '').replaceAll(SPAN, '');
}

/** The `@example`s of the doc comments of a folder's files. */
export function readExamples(folder: string): Block[] {
  const files = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return files.flatMap((name) => {
    const path = `${folder}/${name}`;
    const text = readFileSync(join(ROOT, path), 'utf8');
    return [...text.matchAll(/^ *\* @example([\s\S]*?)(?=\n *\* @|\n *\*\/)/gm)].map((match) => ({
      page: path,
      line: text.slice(0, match.index).split('\n').length,
      language: 'ts',
      code: (match[1] ?? '').replaceAll(/^ *\* ?/gm, '').trim(),
    }));
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(path);
    return [path];
  });
}
