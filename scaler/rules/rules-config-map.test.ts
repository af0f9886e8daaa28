import { beforeEach, expect, test } from 'vitest';
import { type KubernetesClient, KubernetesError } from '../../kit/kubernetes/client.ts';
import { silentLog } from '../../kit/log.ts';
import { RULES_CONFIG } from '../../protocol/cluster-names.ts';
import { createRulesConfigMap } from './rules-config-map.ts';
import type { RulesTarget } from './rules-target.ts';

/** An API server with at most one ConfigMap. */
let stored: string | undefined;
let touched: string[];
let target: RulesTarget;

beforeEach(() => {
  [stored, touched] = [undefined, []];
  const request = async (method: string, path: string, { body }: { body?: unknown } = {}): Promise<unknown> => {
    if (path.includes('/pods/')) {
      touched.push(path);
      throw new KubernetesError({ status: 403, reason: 'Forbidden', message: 'not yours' });
    }
    if (method === 'PATCH') return void (stored = (body as { data: Record<string, string> }).data[RULES_CONFIG.key]);
    if (stored === undefined) throw new KubernetesError({ status: 404, reason: 'NotFound', message: 'no' });
    return { data: { [RULES_CONFIG.key]: stored } };
  };
  target = createRulesConfigMap({ client: { request } as unknown as KubernetesClient, namespace: 'system', log: silentLog });
});

test('rules are written where they are others than before, and only there', async () => {
  expect([await target.write('a'), stored, await target.write('a'), await target.write('b'), stored]).toEqual([true, 'a', false, true, 'b']);
});

test('rules that are refused give way to the former ones, and the first ones to none', async () => {
  await target.write('first');
  await target.restore();
  expect(stored).toBe('groups: []\n');
  await target.write('good');
  await target.write('bad');
  await target.restore();
  expect(stored).toBe('good');
});

test('a Prometheus that may not be touched gets its rules later, and nothing fails', async () => {
  await target.hasten?.();
  expect(touched).toEqual(['/api/v1/namespaces/system/pods/fibonacci-prometheus-0']);
});
