import { METRICS } from '../../../protocol/names.ts';
import { type DashboardParts, labelVariable } from './panels.ts';

const PICKED = 'pool=~"$pool"';
/** Cold starts name a pool with its namespace. */
const PICKED_FULL = 'pool=~"(.+/)?$pool"';
const WINDOW = '[$__rate_interval]';

const quantile = (q: number) => `histogram_quantile(${q}, sum by (le, phase) (rate(${METRICS.coldStart}_bucket{${PICKED_FULL}}${WINDOW})))`;

/** What the platform does: gateways, pools, cold starts, packages. */
export const PLATFORM: DashboardParts = {
  uid: 'fibonacci-platform',
  title: 'Fibonacci platform',
  description: 'Gateways, pod pools, cold starts and packages.',
  variables: [labelVariable('pool', 'Pool', METRICS.poolInstances)],
  rows: [
    {
      title: 'Gateways',
      graphs: [
        {
          title: 'Calls a second, by outcome',
          description: 'Of all functions.',
          unit: 'reqps',
          queries: [{ promql: `sum by (code) (rate(${METRICS.invokeTotal}${WINDOW}))`, legend: '{{code}}' }],
        },
        {
          title: 'Gateways, and what they send again',
          description: 'Live gateways as the scaler knows them, and tries that they made again, by reason.',
          unit: 'short',
          queries: [
            { promql: `max(${METRICS.gateways})`, legend: 'gateways' },
            { promql: `sum by (reason) (increase(${METRICS.retries}${WINDOW}))`, legend: 'again: {{reason}}' },
          ],
        },
      ],
    },
    {
      title: 'Pod pools',
      graphs: [
        {
          title: 'Instances of pools',
          description: 'Waiting, starting and serving.',
          unit: 'short',
          queries: [{ promql: `sum by (namespace, pool, state) (${METRICS.poolInstances}{${PICKED}})`, legend: '{{namespace}}/{{pool}} {{state}}' }],
        },
        {
          title: 'Cold starts a second',
          description: 'Requests that waited for an instance to get its code; empty pool: of cold functions.',
          unit: 'reqps',
          queries: [
            { promql: `sum by (pool, runtime) (rate(${METRICS.coldStart}_count{${PICKED_FULL},phase="queue"}${WINDOW}))`, legend: '{{pool}} {{runtime}}' },
          ],
        },
        {
          title: 'Phases of a cold start, median',
          description: 'Where the time goes.',
          unit: 's',
          queries: [{ promql: quantile(0.5), legend: '{{phase}}' }],
        },
        {
          title: 'Phases of a cold start, 95 of 100',
          description: 'Where the time goes.',
          unit: 's',
          queries: [{ promql: quantile(0.95), legend: '{{phase}}' }],
        },
      ],
    },
    {
      title: 'Packages',
      graphs: [
        {
          title: 'Requests to the artifact service',
          description: 'Where the platform has one: packages above 64 KiB.',
          unit: 'reqps',
          queries: [{ promql: `sum by (method, code) (rate(${METRICS.artifactRequests}${WINDOW}))`, legend: '{{method}} {{code}}' }],
        },
        {
          title: 'Bytes of all packages',
          description: 'At the artifact service.',
          unit: 'bytes',
          queries: [{ promql: `max(${METRICS.artifactBytes})`, legend: 'packages' }],
        },
      ],
    },
  ],
};
