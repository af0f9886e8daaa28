import { effectTexts, type DiffPart, summarizeEffects } from './part.ts';

export interface MarkdownOptions {
  /** One line, as Markdown. */
  readonly title: string;
  /** How long it may become. A comment on GitHub takes 65,536 signs. @default 60,000 */
  readonly maxLength?: number;
}

const SIGNS = { create: '➕', update: '✏️', delete: '➖' } as const;
const FIELDS_SHOWN = 5;

/** A diff as a comment on a pull request: a table of what each change does, and each object's diff to unfold. What is too long is left out, diffs first, and the text says so. */
export function renderMarkdown(parts: readonly DiffPart[], { title, maxLength = 60_000 }: MarkdownOptions): string {
  if (parts.length === 0) return `### ${title}\n\nNothing changes.`;
  const head = `### ${title}\n\n${parts.length} ${parts.length === 1 ? 'object' : 'objects'}: ${summarizeEffects(parts)}\n\n| | Object | Construct | What it does | Fields |\n|---|---|---|---|---|\n`;
  const noDiffs = (left: number) => `\n${left} diffs are left out: they do not fit here.`;
  const noRows = (left: number) => `\n${left} more objects change; they do not fit here.\n`;
  const rows = fitting(parts.map(rowOf), maxLength - head.length - noDiffs(parts.length).length, noRows);
  const details = fitting(parts.map(detailsOf), maxLength - head.length - rows.length, noDiffs);
  return `${head}${rows}${details}`.trimEnd();
}

function rowOf(part: DiffPart): string {
  const { action, id, path, fields } = part;
  const more = fields.length > FIELDS_SHOWN ? [`and ${fields.length - FIELDS_SHOWN} more`] : [];
  const shown = [...fields.slice(0, FIELDS_SHOWN).map(code), ...more].join('<br>');
  return `| ${SIGNS[action]} | ${code(id)} | ${path === undefined ? '' : code(path)} | ${effectTexts(part)} | ${shown} |\n`;
}

function detailsOf({ id, diff }: DiffPart): string {
  const text = diff.join('\n');
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `\n<details><summary>${escapeHtml(id)}</summary>\n\n${fence}diff\n${text}\n${fence}\n</details>\n`;
}

/** As many of the texts as fit, in their order, and what says how many did not. */
function fitting(texts: readonly string[], room: number, rest: (left: number) => string): string {
  const reserve = rest(texts.length).length;
  let used = 0;
  const count = texts.findIndex((text, index) => {
    used += text.length;
    return used + (index < texts.length - 1 ? reserve : 0) > room;
  });
  return count < 0 ? texts.join('') : texts.slice(0, count).join('') + rest(texts.length - count);
}

/** Code in a cell of a table. */
function code(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').replaceAll('`', 'ˋ').replaceAll('|', '\\|');
  return `\`${plain}\``;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
