import { METRICS } from '../../../protocol/names.ts';
import { type DashboardParts, labelVariable } from './panels.ts';

const PICKED = 'function_name=~"$function_name"';
const WINDOW = '[$__rate_interval]';
const FUNCTION = '{{function_name}}';

const total = (metric: string, labels = PICKED) => `sum by (function_name) (${metric}{${labels}})`;
const rate = (metric: string, labels = PICKED) => `sum by (function_name) (rate(${metric}{${labels}}${WINDOW}))`;

/** What functions do: calls and their outcome, instances and why there are so many, what instances take. */
export const FUNCTIONS: DashboardParts = {
  uid: 'fibonacci-functions',
  title: 'Fibonacci functions',
  description: 'Calls, instances and resources of functions.',
  variables: [labelVariable('function_name', 'Function', METRICS.serviceCount)],
  rows: [
    {
      title: 'Calls',
      graphs: [
        {
          title: 'Calls a second',
          description: 'Answered by the gateways, whatever the outcome.',
          unit: 'reqps',
          queries: [{ promql: rate(METRICS.invokeTotal), legend: FUNCTION }],
        },
        {
          title: 'Calls that failed',
          description: 'Share of calls that ended otherwise than well: 4xx, 5xx, 504.',
          unit: 'percentunit',
          queries: [{ promql: `${rate(METRICS.invokeTotal, `${PICKED},code!="200"`)} / ${rate(METRICS.invokeTotal)}`, legend: FUNCTION }],
        },
        {
          title: 'Time of a call, on average',
          description: 'From the request to the last byte of its answer, at the gateway.',
          unit: 's',
          queries: [{ promql: `${rate(METRICS.invokeDurationSum)} / ${rate(METRICS.invokeTotal)}`, legend: FUNCTION }],
        },
        {
          title: 'Under way and waiting',
          description: 'Requests that instances work on, and those that wait for one.',
          unit: 'short',
          queries: [
            { promql: total(METRICS.inFlight), legend: `${FUNCTION} under way` },
            { promql: total(METRICS.waiting), legend: `${FUNCTION} waits` },
          ],
        },
      ],
    },
    {
      title: 'Instances',
      graphs: [
        {
          title: 'Instances, and what rules ask for',
          description: 'Instances that serve or start; the most that any rule asks for.',
          unit: 'short',
          queries: [
            { promql: total(METRICS.serviceCount), legend: FUNCTION },
            { promql: `max by (function_name) (${METRICS.desiredReplicas}{${PICKED}})`, legend: `${FUNCTION} wanted` },
          ],
        },
        {
          title: 'Calls a second of one instance',
          description: 'Beside what one instance is rated for, where it is rated.',
          unit: 'reqps',
          queries: [
            { promql: `${rate(METRICS.invokeTotal)} / ${total(METRICS.serviceCount)}`, legend: FUNCTION },
            { promql: `max by (function_name) (${METRICS.targetRate}{${PICKED}})`, legend: `${FUNCTION} rated` },
          ],
        },
      ],
    },
    {
      title: 'Resources',
      graphs: [
        {
          title: 'Processor time',
          description: 'Cores, of all instances together.',
          unit: 'short',
          queries: [{ promql: rate(METRICS.watcherCpu), legend: FUNCTION }],
        },
        {
          title: 'Memory of the largest instance',
          description: 'Beside the limit of one instance.',
          unit: 'bytes',
          queries: [
            { promql: `max by (function_name) (${METRICS.watcherMemory}{${PICKED}})`, legend: FUNCTION },
            { promql: `max by (function_name) (${METRICS.memoryLimit}{${PICKED}})`, legend: `${FUNCTION} limit` },
          ],
        },
        {
          title: 'Executors that were started anew',
          description: 'After a timeout or a crash of user code.',
          unit: 'short',
          queries: [{ promql: `sum by (function_name) (increase(${METRICS.watcherRestarts}{${PICKED}}${WINDOW}))`, legend: FUNCTION }],
        },
      ],
    },
  ],
};
