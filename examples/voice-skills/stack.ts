import { readdirSync, readFileSync } from 'node:fs';
import * as fib from 'fibonacci-faas';
import { Skill, type SkillFile } from './skill.ts';

const FOLDER = new URL('skills/', import.meta.url);

/** A platform for voice skills: a file in `skills/` chooses a template and says what the skill knows, and is a function once it is deployed. */
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'voice-skills', { namespace: 'voice-skills' });
  // Templates, not skills, decide how many instances wait: whoever is spoken to next takes one.
  const pools = {
    nodejs: new fib.PodPool(stack, 'node-pool', { runtime: fib.Runtime.NODEJS, min: 2, max: 50, memory: fib.Size.mebibytes(128) }),
    python: new fib.PodPool(stack, 'python-pool', { runtime: fib.Runtime.PYTHON, min: 1, max: 20, memory: fib.Size.mebibytes(128) }),
  };
  const skills = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => new Skill(stack, file.replace('.json', ''), { ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as SkillFile), pools }));
  fib.ScalingRule.concurrency(stack, 'conversations', { functions: skills.map((skill) => skill.function) });
});
