import { stripVTControlCharacters } from 'node:util';

/** Rows as aligned columns, the first row being the head. Styled cells align by what is seen. */
export function renderTable(rows: readonly (readonly string[])[], indent = ''): string {
  const width = (cell: string) => stripVTControlCharacters(cell).length;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  const lines = rows.map((row) => row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell))).join('  '));
  return lines.map((line) => indent + line.trimEnd()).join('\n');
}
