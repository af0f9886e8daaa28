import { spawn } from 'node:child_process';

/** A program that ended badly; `output` is the end of what it printed. */
export class ProgramFailed extends Error {
  constructor(command, output) {
    super(`${command} failed`);
    this.name = 'ProgramFailed';
    this.output = output;
  }
}

/**
 * Runs a program to its end and resolves to its standard output. Nothing is shown unless `show` is set.
 * @throws ProgramFailed
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, show = false, timeoutMs = 600_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'] });
    const out = { stdout: '', all: '' };
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.stdout?.on('data', (chunk) => ((out.stdout += chunk), (out.all += chunk)));
    child.stderr?.on('data', (chunk) => (out.all += chunk));
    child.on('error', (error) => (clearTimeout(timer), reject(new ProgramFailed(`${command} (${error.message})`, out.all))));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out.stdout);
      else reject(new ProgramFailed(`${command} ${args.join(' ')} (${signal ?? `exit code ${code}`})`, lastLines(out.all)));
    });
  });
}

/** The output of a program, or undefined where it is missing or fails. */
export function tryRun(command, args, options) {
  return run(command, args, { timeoutMs: 20_000, ...options }).catch(() => undefined);
}

function lastLines(text) {
  return text.trimEnd().split('\n').slice(-25).join('\n');
}
