import { Cron } from 'croner';
import { parsePromql } from '../../protocol/monitoring/promql.ts';
import { API_GROUP } from '../../protocol/names.ts';
import { type Issue, resourceIssues } from '../../protocol/schema/validate.ts';
import type { KubernetesObject } from './object.ts';
import { outputProblems } from './output-problems.ts';
import type { Problem } from './problem.ts';

/** What is wrong with one rendered object by itself: for our kinds the schema and its rules, schedules and PromQL; for others what every Kubernetes object needs. */
export function objectProblems(path: string, object: unknown): Problem[] {
  const outputs = outputProblems(path, object);
  if (outputs.length > 0) return outputs;
  const { apiVersion, kind, metadata } = (object ?? {}) as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string' || metadata.name === '') {
    return [{ path, code: 'SPEC_INVALID', message: 'an object needs apiVersion, kind and metadata.name' }];
  }
  if (!apiVersion.startsWith(`${API_GROUP}/`)) return [];
  const issues = resourceIssues(object);
  if (issues.length > 0) return issues.map((issue) => toProblem(path, issue));
  const { spec } = object as KubernetesObject & { spec: { timer?: { schedule: string; timeZone: string; data?: string }; custom?: { promql: string } } };
  return [
    ...(spec.timer ? timerIssues(spec.timer).map((issue) => toProblem(path, issue)) : []),
    ...(spec.custom ? promqlProblems(path, spec.custom.promql) : []),
  ];
}

function toProblem(path: string, { path: field, message }: Issue): Problem {
  return { path, code: 'SPEC_INVALID', message: `${field}: ${message}` };
}

function timerIssues({ schedule, timeZone, data }: { schedule: string; timeZone: string; data?: string }): Issue[] {
  return [...scheduleIssues(schedule, timeZone), ...dataIssues(data)];
}

function scheduleIssues(schedule: string, timeZone: string): Issue[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return [{ path: 'spec.timer.timeZone', message: `${JSON.stringify(timeZone)} is not a time zone: write an IANA name such as Europe/Berlin` }];
  }
  const path = 'spec.timer.schedule';
  const fields = schedule.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) {
    return [
      {
        path,
        message: `${JSON.stringify(schedule)} has ${fields} fields: write five (minute, hour, day, month, weekday), such as "*/5 * * * *", or six with seconds first`,
      },
    ];
  }
  try {
    if (new Cron(schedule, { timezone: timeZone, paused: true }).nextRun()) return [];
    return [{ path, message: `${JSON.stringify(schedule)} never comes due` }];
  } catch (error) {
    return [{ path, message: `${JSON.stringify(schedule)} is not a schedule: ${(error as Error).message}` }];
  }
}

function dataIssues(data: string | undefined): Issue[] {
  try {
    if (data !== undefined) JSON.parse(data);
    return [];
  } catch {
    return [{ path: 'spec.timer.data', message: 'must be JSON text' }];
  }
}

function promqlProblems(path: string, promql: string): Problem[] {
  const parsed = parsePromql(promql);
  if (parsed.kind === 'ok') return [];
  const start = promql.lastIndexOf('\n', parsed.offset - 1) + 1;
  const end = promql.indexOf('\n', parsed.offset);
  const line = promql.slice(start, end < 0 ? undefined : end);
  return [{ path, code: 'PROMQL_INVALID', message: `${parsed.message}\n${line}\n${' '.repeat(parsed.offset - start)}^` }];
}
