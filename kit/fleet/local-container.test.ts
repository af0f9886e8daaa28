import { expect, test } from 'vitest';
import { sampleContainer } from '../../protocol/schema/sample.ts';
import type { ContainerTemplate, InstanceTemplate } from './fleet.ts';
import { containerArgs } from './local-container.ts';
import { coldTemplate } from './template.ts';

const argsOf = (...args: Parameters<typeof sampleContainer>) =>
  containerArgs('app-1', 40_000, coldTemplate(sampleContainer(...args)) as InstanceTemplate & { container: ContainerTemplate });

test('it is found on this machine alone, and held as its pod would be', () => {
  expect(argsOf('app', { port: 3000 }).join(' ')).toBe(
    [
      'run --rm --name app-1 --publish 127.0.0.1:40000:3000 --memory 268435456 --user 65532:65532 --read-only --tmpfs /tmp',
      '--cap-drop ALL --security-opt no-new-privileges --env PORT=3000 shop/app:1',
    ].join(' '),
  );
});

test('variables are said, and of secrets the name alone', () => {
  const args = argsOf('app', {}, { env: { A: 'x=1 "2"' }, secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] });
  expect(args.flatMap((word, index) => (word === '--env' ? [args[index + 1]] : []))).toEqual(['A=x=1 "2"', 'PORT=8080', 'TOKEN']);
});

test.each([
  [{ command: ['/app'] }, ['--entrypoint', '/app', 'shop/app:1']],
  [{ command: ['sh', '-c', '--help'] }, ['--entrypoint', 'sh', 'shop/app:1', '-c', '--help']],
  [{ args: ['-v'] }, ['shop/app:1', '-v']],
  [{ command: ['sh', '-c'], args: ['x'] }, ['--entrypoint', 'sh', 'shop/app:1', '-c', 'x']],
])('as in a pod, %j stands for the entrypoint or its arguments', (container, last) => {
  expect(argsOf('app', container).slice(-last.length)).toEqual(last);
});
