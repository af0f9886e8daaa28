import { describe, expect, it } from 'vitest';
import { renderMarkdown } from './markdown.ts';
import type { DiffPart } from './part.ts';

const part = (name: string, more: Partial<DiffPart> = {}): DiffPart => ({
  action: 'update',
  id: `Function/shop/${name}`,
  path: `shop/${name}`,
  effects: ['new-revision'],
  fields: [],
  diff: ['--- main', '+++ stack', '@@', '-a: 1', '+a: 2'],
  ...more,
});
const title = 'What changes';

describe('a diff as a comment on a pull request', () => {
  it('says so where nothing changes', () => {
    expect(renderMarkdown([], { title })).toBe('### What changes\n\nNothing changes.');
  });

  it('keeps a table a table and a fence a fence, whatever stands in names and files', () => {
    const text = renderMarkdown([part('a', { path: 'shop/a|b`c', fields: ['spec.env.A x|y → z'], diff: ['--- main', '+++ stack', '+```'] })], { title });
    expect(text).toContain('| `shop/a\\|bˋc` | new revision | `spec.env.A x\\|y → z` |');
    expect(text).toContain('````diff\n--- main\n+++ stack\n+```\n````');
  });

  it.each([60_000, 5000, 900])('never is longer than %i signs, and says what it leaves out', (maxLength) => {
    const text = renderMarkdown(
      Array.from({ length: 1000 }, (_, index) => part(`f${index}`)),
      { title, maxLength },
    );
    expect(text.length).toBeLessThanOrEqual(maxLength);
    expect(text).toMatch(/1000 objects: 1000 × new revision/);
    const rows = text.match(/^\| ✏️/gm)?.length ?? 0;
    const diffs = text.match(/<details>/g)?.length ?? 0;
    if (rows < 1000) expect(text).toContain(`${1000 - rows} more objects change`);
    expect(text).toContain(`${1000 - diffs} diffs are left out`);
  });
});
