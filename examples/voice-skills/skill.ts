import { Construct } from 'constructs';
import * as fib from 'fibonacci-faas';

/** What a skill is made from: its code is there already, a developer only says what it is to know. */
export interface SkillFile {
  readonly template: 'answers' | 'form' | 'quiz';
  /** What the template needs; see `templates/<template>`. */
  readonly content: object;
}

/** Runtime and handler of each template. */
const TEMPLATES = {
  answers: { runtime: fib.Runtime.NODEJS, handler: 'index.handler' },
  form: { runtime: fib.Runtime.NODEJS, handler: 'index.handler' },
  quiz: { runtime: fib.Runtime.PYTHON, handler: 'main.handler' },
} as const;

export interface SkillProps extends SkillFile {
  /** Where skills of its runtime wait to be spoken to. */
  readonly pools: { readonly nodejs: fib.PodPool; readonly python: fib.PodPool };
}

/** A voice skill: `POST /skills/<id>` with `{ text, session? }` is answered by `{ reply, session, ends }`. The caller keeps the session and sends it with the next text. */
export class Skill extends Construct {
  readonly function: fib.Function;

  constructor(scope: Construct, id: string, { template, content, pools }: SkillProps) {
    super(scope, id);
    const { runtime, handler } = TEMPLATES[template];
    this.function = new fib.Function(this, id, {
      runtime,
      handler,
      code: fib.Code.fromDirectory(`./templates/${template}`),
      env: { CONTENT: JSON.stringify(content) },
      // Whoever speaks to it hears nothing until then.
      timeout: fib.Duration.seconds(2),
      bodyLimit: fib.Size.kibibytes(16),
      deployment: fib.hot(runtime === fib.Runtime.PYTHON ? pools.python : pools.nodejs),
      access: 'public',
    });
    new fib.HttpTrigger(this, `${id}-http`, { function: this.function, path: `/skills/${id}`, match: 'exact', methods: ['POST'] });
  }
}
