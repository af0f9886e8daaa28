import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePromql } from '../../../protocol/monitoring/promql.ts';
import { METRICS } from '../../../protocol/names.ts';
import type * as fib from '../../index.ts';
import { synthPlatform } from '../fixtures/synth-platform.ts';
import { FUNCTIONS } from './functions.ts';
import type { DashboardParts } from './panels.ts';
import { PLATFORM } from './platform.ts';
import { dashboardModule } from './texts.ts';

const ALL: readonly [string, DashboardParts][] = [
  ['functions', FUNCTIONS],
  ['platform', PLATFORM],
];

test('the platform has what `node constructs/platform/dashboards/generate.ts` writes', () => {
  expect(readFileSync(join(import.meta.dirname, '..', 'dashboard-texts.ts'), 'utf8')).toBe(dashboardModule());
});

test.each(ALL)('every expression of the dashboard of %s is PromQL over metrics that there are', (_, { rows }) => {
  const known = new Set(Object.values(METRICS).flatMap((name) => [name, `${name}_bucket`, `${name}_count`]));
  const expressions = rows.flatMap(({ graphs }) => graphs.flatMap(({ queries }) => queries.map(({ promql }) => promql)));
  expect(expressions.length).toBeGreaterThan(8);
  for (const promql of expressions) {
    expect([promql, parsePromql(promql.replaceAll('$__rate_interval', '1m')).kind]).toEqual([promql, 'ok']);
    const names = promql.replaceAll(/by \([^)]*\)/g, '').match(/\b(?:function|fibonacci)_[a-z_]+\b(?=[{[)])/g) ?? [];
    expect([promql, names.filter((name) => !known.has(name)), names.length > 0]).toEqual([promql, [], true]);
  }
});

// oxlint-disable-next-line typescript/no-explicit-any -- Grafana's JSON.
const dashboardOf = (object: any) => JSON.parse(Object.values(object.data as Record<string, string>)[0] ?? '') as any;
const withDashboards = (dashboards: fib.PlatformDashboards) => synthPlatform({ monitoring: { dashboards } });
const FUNCTIONS_ID = 'ConfigMap/fibonacci-system/fibonacci-functions-dashboard';

test('a platform without them has none; with them the sidecar of Grafana finds one ConfigMap each', () => {
  const dashboards = (platform: ReturnType<typeof synthPlatform>) =>
    platform.ofKind('ConfigMap').filter(({ metadata }) => metadata.labels.grafana_dashboard === '1');
  expect(dashboards(synthPlatform())).toEqual([]);
  expect(dashboards(withDashboards({})).map(({ metadata }) => metadata.name)).toEqual(['fibonacci-functions-dashboard', 'fibonacci-platform-dashboard']);
  expect(withDashboards({}).get(FUNCTIONS_ID).metadata.labels).toMatchObject({ 'fibonacci.dev/stack': 'fibonacci' });
});

test('they go where the cluster’s Grafana looks', () => {
  const { metadata } = withDashboards({ namespace: 'grafana', labels: { dash: 'yes' }, annotations: { grafana_folder: 'Functions' } }).get(
    'ConfigMap/grafana/fibonacci-functions-dashboard',
  );
  expect(metadata).toMatchObject({
    namespace: 'grafana',
    labels: { dash: 'yes', 'fibonacci.dev/stack': 'fibonacci' },
    annotations: { grafana_folder: 'Functions' },
  });
  expect(metadata.labels).not.toHaveProperty('grafana_dashboard');
});

test('a dashboard has its graphs in rows, two beside each other, and asks the Prometheus that is picked in it', () => {
  const { uid, panels, templating } = dashboardOf(withDashboards({}).get(FUNCTIONS_ID));
  expect(uid).toBe('fibonacci-functions');
  expect(templating.list.map(({ name }: { name: string }) => name)).toEqual(['datasource', 'function_name']);
  const [row, first, second] = panels;
  expect([row.type, first.type, second.type]).toEqual(['row', 'timeseries', 'timeseries']);
  expect([first.gridPos.x, second.gridPos.x, first.gridPos.y === second.gridPos.y]).toEqual([0, 12, true]);
  expect(first.targets[0].datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
});
