import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** @default 600_000 */
  readonly timeoutMs?: number;
}

/** A program that ended badly, with the end of what it printed. */
export class CommandFailed extends Error {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  constructor(line: string, code: number | null, stdout: string, stderr: string) {
    super(`${line} ended with ${code ?? 'a signal'}: ${(stderr || stdout).trim().split('\n').slice(-15).join('\n')}`);
    this.name = 'CommandFailed';
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/**
 * Runs a program to its end.
 * @returns its standard output
 * @throws CommandFailed
 */
export function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input = '', env = process.env, cwd, timeoutMs = 600_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (texts.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (texts.stderr += chunk));
    // A program may end without reading what it is given.
    child.stdin.on('error', () => undefined).end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(texts.stdout);
      else reject(new CommandFailed([program, ...args].join(' '), code, texts.stdout, texts.stderr));
    });
  });
}
