import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PlatformError } from '../protocol/errors.ts';
import { reportFailure } from './failure.ts';
import { createTerminal } from './terminal.ts';

function report(error: unknown, json = false) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = reportFailure(error, createTerminal({ stdout, stderr }, json), false);
  const read = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, stdout: read(stdout), stderr: read(stderr) };
}

describe('a failed command', () => {
  it('shows code, message and the way out on stderr', () => {
    const { code, stdout, stderr } = report(new PlatformError('PORT_IN_USE', 'port 8080 is taken by process 7'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/PORT_IN_USE.* port 8080 is taken by process 7\n.*--port/);
  });

  it('shows JSON on stdout with --json', () => {
    const { stdout, stderr } = report(new PlatformError('STACK_INVALID', 'bad', { details: { problems: [1] } }), true);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'STACK_INVALID', message: 'bad', details: { problems: [1] } } });
    expect(stderr).toBe('');
  });

  it.each([
    ['USAGE', 2],
    ['NOT_RUNNING', 3],
    ['TOOLCHAIN_MISSING', 4],
    ['SPEC_INVALID', 1],
  ] as const)('%s ends with %d', (code, exit) => {
    expect(report(new PlatformError(code, 'x')).code).toBe(exit);
  });

  it('knows the error of another copy of this package', () => {
    const foreign = Object.assign(new Error('not a path'), { name: 'PlatformError', code: 'CODE_INVALID' });
    expect(report(foreign).stderr).toMatch(/CODE_INVALID.* not a path/);
  });

  it('shows a defect of ours as INTERNAL, without a stack', () => {
    expect(report(new TypeError('x is undefined')).stderr).toMatch(/INTERNAL.* x is undefined\n[^\n]*\n$/);
  });
});
