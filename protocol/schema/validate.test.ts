import { describe, expect, it } from 'vitest';
import { API_VERSION } from '../names.ts';
import { sampleFunction } from './sample.ts';
import { resourceIssues } from './validate.ts';

const fn = sampleFunction();
const withSpec = (spec: Record<string, unknown>) => ({ ...fn, spec: { ...fn.spec, ...spec } });
const trigger = (spec: Record<string, unknown>) => ({
  apiVersion: API_VERSION,
  kind: 'Trigger',
  metadata: { name: 't', namespace: 'default' },
  spec: { function: 'hello', ...spec },
});
const http = { path: '/hello', match: 'prefix', methods: [] };
const rule = (spec: Record<string, unknown>) => ({
  apiVersion: API_VERSION,
  kind: 'ScalingRule',
  metadata: { name: 'r', namespace: 'default' },
  spec: { functions: ['hello'], ...spec },
});

describe('a valid object has no issues', () => {
  it.each([
    ['a cold function', fn],
    ['a hot function', withSpec({ deployment: { type: 'hot', pool: 'node' } })],
    ['an http trigger', trigger({ http })],
    ['a timer trigger', trigger({ timer: { schedule: '* * * * *', timeZone: 'UTC', missed: 'skip' } })],
    ['a rule', rule({ concurrency: { utilizationPercent: 70 } })],
  ])('%s', (_name, object) => {
    expect(resourceIssues(object)).toEqual([]);
  });
});

describe('what is wrong is named by path, value and way out', () => {
  it.each([
    ['an unknown kind', { ...fn, kind: 'Func' }, 'kind', /"Func" is not one of Function/],
    ['another API version', { ...fn, apiVersion: 'v1' }, 'apiVersion', /must be fibonacci.dev/],
    ['a misspelt field', withSpec({ timout: '1s' }), 'spec.timout', /did you mean timeout/],
    ['a misspelt nested field', withSpec({ scaling: { ...fn.spec.scaling, minReplica: 1 } }), 'spec.scaling.minReplica', /did you mean minReplicas/],
    ['an unknown top-level field', { ...fn, sepc: {} }, 'sepc', /did you mean spec/],
    ['a missing field', withSpec({ timeout: undefined }), 'spec.timeout', /required/],
    ['a wrong enum', withSpec({ runtime: 'ruby' }), 'spec.runtime', /"ruby" is not one of "nodejs", "python"/],
    [
      'min over max',
      withSpec({ scaling: { ...fn.spec.scaling, minReplicas: 5, maxReplicas: 3 } }),
      'spec.scaling',
      /minReplicas \(5\) must not exceed maxReplicas \(3\)/,
    ],
    ['a zero concurrency', withSpec({ concurrency: 0 }), 'spec.concurrency', /0 must be >= 1/],
    ['a huge concurrency', withSpec({ concurrency: 1001 }), 'spec.concurrency', /1001/],
    ['a fractional count', withSpec({ concurrency: 1.5 }), 'spec.concurrency', /1.5/],
    ['a duration without unit', withSpec({ timeout: '30' }), 'spec.timeout', /"30"/],
    ['a timeout of an hour', withSpec({ timeout: '1h' }), 'spec', /timeout \(1h\) must be between/],
    ['a timeout of 1 ms', withSpec({ timeout: '1ms' }), 'spec', /timeout \(1ms\)/],
    ['hot without pool', withSpec({ deployment: { type: 'hot' } }), 'spec.deployment', /pool is required for hot/],
    ['cold with pool', withSpec({ deployment: { type: 'cold', pool: 'p', memory: '1Mi' } }), 'spec.deployment', /refused for cold/],
    ['hot with memory', withSpec({ deployment: { type: 'hot', pool: 'p', memory: '1Mi' } }), 'spec.deployment', /pod pool fixes it/],
    ['fetch for Python', withSpec({ runtime: 'python', signature: 'fetch' }), 'spec', /signature fetch does not exist for runtime python/],
    ['wsgi for Node.js', withSpec({ signature: 'wsgi' }), 'spec', /signature wsgi does not exist/],
    ['a bad env name', withSpec({ env: { '1X': 'a' } }), 'spec.env', /the name "1X" must match pattern/],
    ['an env value that is a number', withSpec({ env: { X: 1 } }), 'spec.env.X', /1 must be string/],
    ['too much env', withSpec({ env: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`E${i}`, ''])) }), 'spec.env', /256/],
    [
      'a secret twice',
      withSpec({
        secrets: [
          { env: 'A', name: 's', key: 'k' },
          { env: 'A', name: 's', key: 'k' },
        ],
      }),
      'spec.secrets',
      /env of its own/,
    ],
    ['a bad name', { ...fn, metadata: { name: 'Hello', namespace: 'default' } }, 'metadata.name', /"Hello"/],
    ['a name that escapes', { ...fn, metadata: { name: '../x', namespace: 'default' } }, 'metadata.name', /pattern/],
    ['a bad label', { ...fn, metadata: { ...fn.metadata, labels: { a: 'x y' } } }, 'metadata.labels', /a: "x y" must match pattern/],
    ['a handler without export', withSpec({ handler: 'index' }), 'spec.handler', /pattern/],
    ['a handler that escapes', withSpec({ handler: '../index.handler' }), 'spec.handler', /pattern/],
    ['a digest of another kind', withSpec({ package: { digest: 'md5:1', size: 1 } }), 'spec.package.digest', /pattern/],
    ['a trigger of no form', trigger({}), 'spec', /exactly one of http and timer/],
    ['a trigger of two forms', trigger({ http, timer: { schedule: '* * * * *', timeZone: 'UTC', missed: 'skip' } }), 'spec', /exactly one/],
    ['a path with dots', trigger({ http: { ...http, path: '/a/../b' } }), 'spec.http', /must be canonical/],
    ['a path with a trailing slash', trigger({ http: { ...http, path: '/a/' } }), 'spec.http.path', /pattern/],
    ['a method that is none', trigger({ http: { ...http, methods: ['FETCH'] } }), 'spec.http.methods[0]', /"FETCH"/],
    ['a rule of two metrics', rule({ cpu: { targetMillicores: 1 }, custom: { promql: 'x' } }), 'spec', /exactly one of/],
    ['a rule without functions', rule({ functions: [], cpu: { targetMillicores: 1 } }), 'spec.functions', /must not have fewer/],
  ])('%s', (_name, object, path, message) => {
    const issues = resourceIssues(object);
    const found = issues.find((issue) => issue.path === path);
    expect(issues.map((issue) => issue.path)).toContain(path);
    expect(found?.message).toMatch(message);
  });

  it.each([[null], [undefined], [1], ['x'], [[]], [{}]])('no object at all: %j', (value) => {
    expect(resourceIssues(value)).toHaveLength(1);
  });

  it('reports everything at once', () => {
    expect(resourceIssues(withSpec({ runtime: 'x', mode: 'y', timeout: 'z', concurrency: 0 })).length).toBe(4);
  });
});
