// Questions and answers: CONTENT is { "welcome", "otherwise", "answers": [{ "words": ["open", "hours"], "reply" }] }. The answer with most of its words in the text is given.
const { welcome, otherwise, answers } = JSON.parse(process.env.CONTENT);

export function handler({ body }) {
  const text = body?.text;
  if (typeof text !== 'string') return { statusCode: 400, body: { error: 'send {"text": "…"}' } };
  const said = new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  if (said.size === 0) return { reply: welcome, session: {}, ends: false };
  const scored = answers.map(({ words, reply }) => ({ reply, score: words.filter((word) => said.has(word)).length / words.length }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a), { reply: otherwise, score: 0 });
  return { reply: best.reply, session: {}, ends: best.score > 0 };
}
