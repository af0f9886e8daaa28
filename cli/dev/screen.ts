import type { Log } from '../../kit/log.ts';
import type { PlatformError } from '../../protocol/errors.ts';
import { renderFailure } from '../failure.ts';
import { renderMs, renderPhases } from '../server-timing.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { type FunctionCall, curlOf } from './calls.ts';
import type { CheckResult } from './check.ts';
import type { DevFile } from './dev-file.ts';
import type { Changes } from './reconcile.ts';
import type { FunctionNotice } from './status-watch.ts';

export interface ReadyView {
  readonly urls: DevFile['urls'];
  readonly calls: readonly FunctionCall[];
  /** How this command is called in a shell here. */
  readonly fib: string;
}

/** What `fib dev` shows: lines for people, or with `--json` one object an event. */
export interface Screen {
  begin(stack: string): void;
  /** A part is up. */
  up(part: string, detail: string, ms: number): void;
  /** A part is off, and what to run. */
  off(part: string, reason: string, wayOut: string): void;
  ready(view: ReadyView): void;
  applied(what: 'stack' | 'code', changes: Changes, ms: number): void;
  problem(error: PlatformError): void;
  functionNotice(notice: FunctionNotice): void;
  stopping(): void;
  checked(results: readonly CheckResult[], off: readonly string[]): void;
  /** For the platform's own parts: warnings and errors are shown. */
  readonly log: Log;
}

/** `--check --json` prints its result alone. */
export function createScreen(terminal: Terminal, { check }: { readonly check: boolean }): Screen {
  return terminal.json ? jsonScreen(terminal, check) : textScreen(terminal);
}

function textScreen(terminal: Terminal): Screen {
  const { print, paint } = terminal;
  const done = paint('green', '✓');
  const warn = paint('yellow', '!');
  const dim = (text: string) => paint('dim', text);
  return {
    begin: (stack) => print(`\n  ${paint('bold', 'fib dev')} ${dim(stack)}\n`),
    up: (part, detail, ms) => print(`  ${done} ${part.padEnd(11)} ${detail} ${dim(`${ms.toFixed(0)} ms`)}`),
    off: (part, reason, wayOut) => print(`  ${warn} ${part.padEnd(11)} off: ${reason}; run: ${wayOut}`),
    ready({ urls, calls, fib }) {
      const rows = calls.map((call) => [call.name, dim(`${call.runtime}, ${call.deployment}`), curlOf(call, urls.gateway, fib)]);
      print(`\n${renderTable(rows, '  ')}\n`);
      print(dim(`  Save a file and its function serves the new code. ${fib} ps, ${fib} logs -f show more. Ctrl-C ends everything.\n`));
    },
    applied(what, { applied, removed }, ms) {
      const parts = [...applied.map(shortId), ...removed.map((id) => `${shortId(id)} removed`)];
      print(`  ${done} ${what === 'code' ? 'new code' : 'stack'}: ${parts.join(', ')} ${dim(`${ms.toFixed(0)} ms`)}`);
    },
    problem: (error) => print(indent(`${renderFailure(error, terminal)}\n${dim('  What was applied before goes on serving.')}`)),
    functionNotice: (notice) =>
      print(
        notice.kind === 'recovered'
          ? `  ${done} ${notice.function} is well again`
          : indent(`${paint('red', `✗ ${notice.function}`)} ${notice.code}: ${notice.message}`),
      ),
    stopping: () => print(dim('\n  stopping …')),
    checked(results, off) {
      print(
        `\n${renderTable([['function', 'runtime', 'deployment', 'cold ms', 'warm ms', 'status', 'phases of the cold start'], ...results.map(checkRow(terminal))], '  ')}\n`,
      );
      for (const reason of off) print(`  ${warn} ${reason}`);
    },
    log: logTo((msg, fields) => print(`  ${warn} ${msg} ${dim(fields)}`)),
  };
}

function jsonScreen(terminal: Terminal, check: boolean): Screen {
  const event = (name: string, fields: object) => {
    if (!check) terminal.print(JSON.stringify({ event: name, ...fields }));
  };
  return {
    begin: (stack) => event('begin', { stack }),
    up: (part, detail, ms) => event('up', { part, detail, ms: Math.round(ms) }),
    off: (part, reason, wayOut) => event('off', { part, reason, wayOut }),
    ready: ({ urls, calls }) => event('ready', { urls, functions: calls }),
    applied: (what, changes, ms) => event('applied', { what, ...changes, ms: Math.round(ms) }),
    problem: ({ code, message, details }) => event('problem', { code, message, details }),
    functionNotice: (notice) => event('function', notice),
    stopping: () => event('stopping', {}),
    checked: (results, off) => terminal.print(JSON.stringify({ ok: off.length === 0 && results.every(({ ok }) => ok), off, functions: results })),
    log: logTo((msg, fields) => terminal.note(`${msg} ${fields}`)),
  };
}

function logTo(show: (msg: string, fields: string) => void): Log {
  const line = (msg: string, fields?: object) => show(msg, JSON.stringify(fields ?? {}));
  return { debug() {}, info() {}, warn: line, error: line };
}

function checkRow(terminal: Terminal) {
  return ({ function: name, runtime, deployment, cold, warm, ok }: CheckResult): string[] => {
    const status = ok
      ? terminal.paint('green', `${warm.status}`)
      : terminal.paint('red', [cold, warm].map(({ status: code, error }) => `${code || 'no answer'}${error ? ` ${error}` : ''}`).join(' / '));
    return [name, runtime, deployment, renderMs(cold.ms), renderMs(warm.ms), status, renderPhases(cold.phases)];
  };
}

/** `Function/default/hello` → `hello`; other kinds keep theirs. */
function shortId(id: string): string {
  const [kind, , name] = id.split('/');
  return kind === 'Function' ? (name ?? id) : `${kind} ${name}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
