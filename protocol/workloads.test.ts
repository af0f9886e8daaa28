import { expect, test } from 'vitest';
import { parseWorkloads } from './workloads.ts';

test('images are enough; the rest has defaults', () => {
  expect(parseWorkloads('{"images":{"nodejs":"registry.example/fibonacci-nodejs:1"}}')).toEqual({
    images: { nodejs: 'registry.example/fibonacci-nodejs:1' },
    pullPolicy: 'IfNotPresent',
    pullSecrets: [],
    serviceAccount: 'fibonacci-function',
    cpuRequest: '50m',
    cpuLimit: '1',
    scratch: '256Mi',
    rackLabel: 'topology.fibonacci.dev/rack',
  });
});

test.each([
  ['no JSON', 'images: {}', /workloads\.json is no JSON/],
  ['no object', '[]', /workloads\.json is not valid/],
  ['no images', '{}', /images: is required/],
  ['an unknown runtime', '{"images":{"node":"x"}}', /images\.node: unknown field; did you mean nodejs\?/],
  ['a pull policy that does not exist', '{"images":{},"pullPolicy":"Sometimes"}', /pullPolicy: "Sometimes" is not one of "Always", "IfNotPresent", "Never"/],
  ['a processor share that is none', '{"images":{},"cpuRequest":"half"}', /cpuRequest: "half"/],
])('%s is refused with the place', (_, json, message) => {
  expect(() => parseWorkloads(json)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }));
});
