/** What a doc comment says. */
export interface DocComment {
  readonly text: string;
  /** Code, as it stands behind `@example`. */
  readonly example?: string;
  readonly default?: string;
  readonly throws?: string;
  /** Not for users. */
  readonly internal: boolean;
}

const TAG = /^@(\w+)\s?/;

/** @param comment what stands between the slashes of a block comment: it begins with a star */
export function parseDocComment(comment: string): DocComment {
  const parts: { tag: string; lines: string[] }[] = [{ tag: 'text', lines: [] }];
  for (const line of unindent(comment)) {
    const tag = TAG.exec(line)?.[1];
    if (tag !== undefined) parts.push({ tag, lines: [line.replace(TAG, '')] });
    // Tags may stand behind the text of a comment of one line.
    else parts.at(-1)?.lines.push(line);
  }
  const textOf = (tag: string) =>
    parts
      .filter((part) => part.tag === tag)
      .map(({ lines }) => lines.join('\n').trim())
      .join('\n');
  const [text = '', ...inline] = textOf('text').split(/\s(?=@(?:default|throws|param|returns|example|internal)\b)/);
  const inlineOf = (tag: string) => inline.find((part) => part.startsWith(`@${tag}`))?.replace(TAG, '');
  const said = (tag: string) => textOf(tag) || inlineOf(tag);
  const [example, value, throws] = [said('example'), said('default'), said('throws')];
  return {
    text,
    ...(example && { example }),
    ...(value && { default: value }),
    ...(throws && { throws }),
    internal: parts.some(({ tag }) => tag === 'internal') || inline.some((part) => part.startsWith('@internal')),
  };
}

function unindent(comment: string): string[] {
  return comment
    .replace(/^\*\s*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
}
