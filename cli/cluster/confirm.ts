import { createInterface } from 'node:readline/promises';
import { PlatformError } from '../../protocol/errors.ts';

/** Asks on the terminal. @throws PlatformError NOT_CONFIRMED where the answer is no, or where nobody can be asked */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new PlatformError('NOT_CONFIRMED', 'there is no terminal to ask at: pass --yes to agree beforehand');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and the end of input are a no.
  const gone = new AbortController();
  prompt.once('SIGINT', () => gone.abort());
  prompt.once('close', () => gone.abort());
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: gone.signal }).catch(() => '');
    if (!/^y(es)?$/i.test(answer.trim())) throw new PlatformError('NOT_CONFIRMED', 'you did not agree');
  } finally {
    prompt.close();
  }
}
