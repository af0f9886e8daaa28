import { writeFileSync } from 'node:fs';

// Writes nfc.txt from this Node.js's Unicode data, which knows the canonical decompositions but not the combining classes: their order is found by asking which of two marks comes first.
const HANGUL = [0xac00, 0xd7a3];
const all = Array.from({ length: 0x110000 }, (_, code) => code).filter((code) => code < 0xd800 || code > 0xdfff);
const text = (...codes) => String.fromCodePoint(...codes);

const decomposed = all.filter((code) => (code < HANGUL[0] || code > HANGUL[1]) && text(code).normalize('NFD') !== text(code));
const decompositions = decomposed.map((code) => {
  const full = [...text(code).normalize('NFD')];
  // What it is composed of in one step, so that pairs can be composed again: none where NFC never makes it.
  const composed = text(code).normalize('NFC') === text(code);
  const head = full.slice(0, -1).join('').normalize('NFC');
  return { code, full: full.join(''), pair: composed && [...head].length === 1 ? head + full.at(-1) : '' };
});

const swaps = (a, b) => text(a, b).normalize('NFD') === text(b, a);
const [LOWEST, HIGHEST] = [0x0334, 0x0345];
const marks = all.filter((code) => /\p{M}/u.test(text(code)) && (swaps(code, LOWEST) || swaps(HIGHEST, code) || code === LOWEST || code === HIGHEST));
const classes = [];
for (const mark of marks) {
  const known = classes.find(([first]) => !swaps(mark, first) && !swaps(first, mark));
  if (known) known.push(mark);
  else classes.push([mark]);
}
classes.sort(([a], [b]) => (swaps(a, b) ? 1 : -1));

const hex = (string) => Array.from(string, (character) => character.codePointAt(0).toString(16)).join('+');
const rows = (items, size) => Array.from({ length: Math.ceil(items.length / size) }, (_, row) => items.slice(row * size, (row + 1) * size).join(' '));
const lines = [
  // One line for each combining class, in the order of the classes.
  ...classes.map((codes) => hex(text(...codes))),
  '',
  // character=full decomposition=the pair that NFC makes it of, where it does
  ...rows(
    decompositions.map(({ code, full, pair }) => [text(code), full, pair].map(hex).join('=')),
    12,
  ),
  '',
];
writeFileSync(new URL('nfc.txt', import.meta.url), lines.join('\n'));
