interface Turn {
  readonly text: string;
  /** That of the last reply. */
  readonly session?: Readonly<Record<string, string>>;
}

const QUESTIONS = [
  { name: 'drink', question: 'Coffee or tea?', answers: ['coffee', 'tea'] },
  { name: 'size', question: 'Small or large?', answers: ['small', 'large'] },
];

export function handler({ body }: { readonly body: Turn | null }) {
  if (typeof body?.text !== 'string') return { statusCode: 400, body: { error: 'send {"text":"…"}' } };
  const said = body.text.toLowerCase();
  const session = { ...body.session };
  for (const { name, answers } of QUESTIONS) {
    const answer = answers.find((word) => said.includes(word));
    if (answer !== undefined) session[name] = answer;
  }
  const next = QUESTIONS.find(({ name }) => session[name] === undefined);
  if (next) return { reply: next.question, session, ends: false };
  return { reply: `A ${session['size']} ${session['drink']}. It is on its way.`, session, ends: true };
}
