import { expect, test } from 'vitest';
import { API_VERSION } from './names.ts';
import { decideRoutes, describeConflict } from './routes.ts';
import type { TriggerResource } from './schema/resources.ts';
import type { HttpTriggerSpec } from './schema/trigger.ts';

const claim = (name: string, created: string | undefined, http: Partial<HttpTriggerSpec> = {}): TriggerResource => ({
  apiVersion: API_VERSION,
  kind: 'Trigger',
  metadata: { namespace: 'demo', name, ...(created !== undefined && { creationTimestamp: created }) },
  spec: { function: 'f', http: { path: '/x', match: 'prefix', methods: [], ...http } },
});
const names = (triggers: readonly TriggerResource[]) => triggers.map(({ metadata }) => metadata.name);

test.each<[string, TriggerResource[], string[]]>([
  ['the oldest claim wins', [claim('a', '2026-01-02T00:00:00Z'), claim('b', '2026-01-01T00:00:00Z')], ['b']],
  ['equal age goes by name', [claim('b', '2026-01-01T00:00:00Z'), claim('a', '2026-01-01T00:00:00.000Z')], ['a']],
  ['one without an age is the youngest', [claim('a', undefined), claim('b', '2026-01-01T00:00:00Z')], ['b']],
  [
    'other methods are no conflict',
    [claim('a', '2026-01-01T00:00:00Z', { methods: ['GET'] }), claim('b', '2026-01-02T00:00:00Z', { methods: ['POST'] })],
    ['a', 'b'],
  ],
  ['one shared method is', [claim('a', '2026-01-01T00:00:00Z', { methods: ['GET'] }), claim('b', '2026-01-02T00:00:00Z', { methods: ['POST', 'GET'] })], ['a']],
  ['no methods are all methods', [claim('a', '2026-01-01T00:00:00Z', { methods: ['GET'] }), claim('b', '2026-01-02T00:00:00Z')], ['a']],
  ['exact and prefix are two routes', [claim('a', '2026-01-01T00:00:00Z'), claim('b', '2026-01-02T00:00:00Z', { match: 'exact' })], ['a', 'b']],
  ['another host is another route', [claim('a', '2026-01-01T00:00:00Z'), claim('b', '2026-01-02T00:00:00Z', { host: 'h.example' })], ['a', 'b']],
  [
    'a rejected claim takes nothing from a younger one',
    [claim('a', '2026-01-01T00:00:00Z', { methods: ['GET'] }), claim('b', '2026-01-02T00:00:00Z'), claim('c', '2026-01-03T00:00:00Z', { methods: ['POST'] })],
    ['a', 'c'],
  ],
])('%s', (_name, triggers, accepted) => {
  expect(names(decideRoutes(triggers).accepted)).toEqual(accepted);
});

test('the sentence names the route, the winner and the way out', () => {
  const { rejected } = decideRoutes([claim('old', '2026-01-01T00:00:00Z'), claim('young', '2026-01-02T00:00:00Z')]);
  expect(rejected.map(describeConflict)).toEqual([
    'the route /x (prefix) belongs to the older trigger demo/old: take another path or method, or remove that one',
  ]);
});
