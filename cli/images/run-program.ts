import { spawn } from 'node:child_process';

/** A program that ended badly. The message holds its last line, `output` the end of all that it printed. */
export class ProgramFailed extends Error {
  readonly output: string;

  constructor(program: string, reason: string, output: string) {
    super(lastReason(output) || `${program}: ${reason}`);
    this.name = 'ProgramFailed';
    this.output = output;
  }
}

/** Builders repeat the whole step before they say what is wrong. */
function lastReason(output: string): string {
  return (output.trim().split('\n').at(-1) ?? '').replace(/^.*building at STEP ".*": /i, '').replace(/^error: /i, '');
}

const KEPT_CHARACTERS = 16_384;

/** Runs a program to its end; resolves to the end of what it printed. @throws ProgramFailed */
export function runProgram(program: string, args: readonly string[], { timeoutMs = 900_000 } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    let output = '';
    const read = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_CHARACTERS));
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', (error) => reject(new ProgramFailed(program, error.message, '')));
    child.on('close', (code, signal) => (code === 0 ? resolve(output) : reject(new ProgramFailed(program, signal ?? `exit code ${code}`, output))));
  });
}
