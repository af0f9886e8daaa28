// A form: CONTENT is { "fields": [{ "name", "question", "among"?: ["small", "large"] }], "done": "A {size} {drink} it is." }. Asks for one field after the other; what was said is in the session.
const { fields, done } = JSON.parse(process.env.CONTENT);

export function handler({ body }) {
  const text = body?.text;
  if (typeof text !== 'string') return { statusCode: 400, body: { error: 'send {"text": "…", "session": {…}}' } };
  const given = { ...body.session };
  const asked = fields.find(({ name }) => given[name] === undefined);
  // The first text opens the skill; those after it are answers.
  if (body.session !== undefined && asked !== undefined) {
    const value = understand(asked, text);
    if (value === undefined) return { reply: `${asked.question} ${listOf(asked.among)}.`, session: given, ends: false };
    given[asked.name] = value;
  }
  const next = fields.find(({ name }) => given[name] === undefined);
  if (next !== undefined) return { reply: next.question, session: given, ends: false };
  return { reply: done.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? ''), session: given, ends: true };
}

function understand({ among }, text) {
  const said = text.trim().toLowerCase();
  if (among === undefined) return said === '' ? undefined : said;
  return among.find((choice) => said.includes(choice));
}

function listOf(among = []) {
  return among.length === 0 ? 'Please say it again' : `Say ${among.join(' or ')}`;
}
