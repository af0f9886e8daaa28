import { describe, expect, it } from 'vitest';
import { codeOf } from './function.ts';
import { sampleContainer, sampleFunction } from './sample.ts';
import { resourceIssues } from './validate.ts';

const code = sampleFunction();
const app = sampleContainer();
const ofCode = (spec: Record<string, unknown>) => ({ ...code, spec: { ...code.spec, ...spec } });
const ofApp = (spec: Record<string, unknown>) => ({ ...app, spec: { ...app.spec, ...spec } });
const contained = (container: Record<string, unknown>) => ofApp({ container: { ...app.spec.container, ...container } });

describe('a function is code or a container', () => {
  it.each([
    ['an image by tag', app],
    [
      'an image by digest, with words of its own',
      contained({ image: `registry:5000/shop/app_2@sha256:${'0'.repeat(64)}`, command: ['/app', '-v'], args: ['$(HOME)'] }),
    ],
    ['code', code],
    ['code, with what is told by default left out', ofCode({ signature: undefined, mode: undefined })],
  ])('%s is valid', (_name, object) => {
    expect(resourceIssues(object)).toEqual([]);
  });

  it.each([
    [
      'a language without a handler',
      ofCode({ handler: undefined }),
      'handler and package are required for a language runtime and refused for runtime container',
    ],
    ['a language without code', ofCode({ package: undefined }), 'handler and package are required for a language runtime and refused for runtime container'],
    ['a language with a container', ofCode({ container: app.spec.container }), 'container is required for runtime container and refused for every other'],
    ['a container without an image', ofApp({ container: undefined }), 'container is required for runtime container and refused for every other'],
    [
      'a container with a handler',
      ofApp({ handler: 'index.handler' }),
      'handler and package are required for a language runtime and refused for runtime container',
    ],
    [
      'a container with code',
      ofApp({ package: code.spec.package }),
      'handler and package are required for a language runtime and refused for runtime container',
    ],
    ['a container with a signature', ofApp({ signature: 'event' }), 'signature and mode are refused for runtime container, which has no handler'],
    ['a container with a mode', ofApp({ mode: 'process' }), 'signature and mode are refused for runtime container, which has no handler'],
    ['a container that is told another port', ofApp({ env: { PORT: '80' } }), 'the variable PORT is refused for runtime container: it is container.port'],
    [
      'a secret in place of the port',
      ofApp({ secrets: [{ env: 'PORT', name: 's', key: 'k' }] }),
      'the variable PORT is refused for runtime container: it is container.port',
    ],
    [
      'a container in a pool',
      ofApp({ deployment: { type: 'hot', pool: 'p' } }),
      'deployment hot is refused for runtime container: what waits in a pod pool is a watcher that takes code, and a container is its own code; write cold',
    ],
  ])('%s is refused', (_name, object, message) => {
    expect(resourceIssues(object)).toEqual([{ path: 'spec', message }]);
  });

  it('the code is known with its defaults, and a container has none', () => {
    const { signature: _signature, mode: _mode, ...spec } = code.spec;
    expect(codeOf(spec)).toEqual({ runtime: 'nodejs', handler: 'index.handler', signature: 'event', mode: 'thread', package: code.spec.package });
    expect(codeOf(app.spec)).toBeUndefined();
  });
});

describe('what reaches a program that runs containers is what it says', () => {
  it.each(['--privileged', '-v', '', 'a b', 'a/b:', 'a@', '$(id)', 'a;b', 'a\n', '"a"', '../a', `a${'b'.repeat(512)}`])('the image %j is refused', (image) => {
    expect(resourceIssues(contained({ image })).map(({ path }) => path)).toContain('spec.container.image');
  });

  it.each([
    ['a port of none', { port: 0 }, 'spec.container.port'],
    ['a port beyond all', { port: 65_536 }, 'spec.container.port'],
    ['a port that is text', { port: '8080' }, 'spec.container.port'],
    ['a command of no word', { command: [] }, 'spec.container.command'],
    ['a command that is text', { command: 'sh -c x' }, 'spec.container.command'],
    ['an argument that is a number', { args: [1] }, 'spec.container.args[0]'],
    ['a misspelt field', { cmd: ['sh'] }, 'spec.container.cmd'],
  ])('%s is refused', (_name, container, path) => {
    expect(resourceIssues(contained(container)).map((issue) => issue.path)).toEqual([path]);
  });
});
