import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';

/** A comparison on top of an expression, `bool` aside: `left op right`, as text. */
export interface Comparison {
  /** The value that such an expression yields: the replicas wanted. */
  readonly left: string;
  /** `>`, `>=`, `<`, `<=`, `==` or `!=`. */
  readonly op: string;
  readonly right: string;
}

export type ParsedPromql =
  | { readonly kind: 'ok'; readonly comparison?: Comparison }
  /** `offset` counts UTF-16 units from 0, at most the text's length. */
  | { readonly kind: 'error'; readonly offset: number; readonly message: string };

const COMPARISONS: ReadonlySet<string> = new Set(['Gtr', 'Gte', 'Lss', 'Lte', 'Eql', 'Neq']);

/** Parses PromQL by Prometheus' own grammar: syntax and function names, not types. Comments and parentheses around the whole are looked through. */
export function parsePromql(text: string): ParsedPromql {
  const tree = parser.parse(text);
  const offset = firstError(tree.topNode);
  if (offset !== undefined) return { kind: 'error', offset, message: errorMessage(text, offset) };
  const comparison = topComparison(tree.topNode, text);
  return comparison ? { kind: 'ok', comparison } : { kind: 'ok' };
}

/** The shortest range that an expression looks back, such as 10 s for `rate(x[10s])`, in ms; undefined where it has none. */
export function shortestRangeMs(text: string): number | undefined {
  const ranges: number[] = [];
  parser.parse(text).iterate({
    enter: ({ name, node }) => {
      if (name !== 'MatrixSelector' && name !== 'SubqueryExpr') return;
      const duration = node.getChild('DurationExpr');
      const ms = duration && durationMs(text.slice(duration.from, duration.to));
      if (ms) ranges.push(ms);
    },
  });
  return ranges.length > 0 ? Math.min(...ranges) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };

/** Of `1m30s` or `90`; 0 for arithmetic. */
function durationMs(text: string): number {
  if (/^[\d.]+$/.test(text)) return Number(text) * 1000;
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

function firstError(node: SyntaxNode): number | undefined {
  let offset: number | undefined;
  node.cursor().iterate((at) => {
    if (at.type.isError && offset === undefined) offset = at.from;
    return offset === undefined;
  });
  return offset;
}

function errorMessage(text: string, offset: number): string {
  const rest = text.slice(offset).trimStart();
  if (rest === '') return text.trim() === '' ? 'the expression is empty' : 'the expression ends too early';
  const token = /^(?:[A-Za-z_:][\w:]*|\d[\w.]*|"[^"]*"?|'[^']*'?|.)/su.exec(rest)?.[0] ?? rest;
  const shown = token.length > 40 ? `${token.slice(0, 39)}…` : token;
  return `unexpected ${JSON.stringify(shown)} at character ${offset + text.slice(offset).indexOf(rest) + 1}`;
}

function topComparison(top: SyntaxNode, text: string): Comparison | undefined {
  let node = top.firstChild;
  while (node && (node.name === 'ParenExpr' || node.name === 'LineComment')) {
    node = node.name === 'ParenExpr' ? node.getChild('Expr') : node.nextSibling;
  }
  if (node?.name !== 'BinaryExpr') return undefined;
  const [left, right] = node.getChildren('Expr');
  const op = children(node).find((child) => COMPARISONS.has(child.name));
  if (!left || !right || !op || node.getChild('BoolModifier')) return undefined;
  const slice = ({ from, to }: SyntaxNode) => text.slice(from, to);
  return { left: slice(left), op: slice(op), right: slice(right) };
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}
