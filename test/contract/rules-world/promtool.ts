import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { monitoringPrograms } from './programs.ts';

export interface RulesCase {
  /** Text of the rules file. */
  readonly rules: string;
  /** Samples each second, in promtool's notation: `0+50x10` rises by 50 ten times, `_x5` is five without a sample. */
  readonly series: Readonly<Record<string, string>>;
  /** Functions for which an alert fires, by the alert's name, at a second. */
  readonly alerts?: readonly {
    readonly at: number;
    readonly name: string;
    readonly functions: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  /** Values by function of an expression at a second. */
  readonly values?: readonly { readonly at: number; readonly promql: string; readonly are: Readonly<Record<string, number>> }[];
}

/** Runs `promtool test rules`. @throws Error with its report when a rule does otherwise */
export async function testRules({ rules, series, alerts = [], values = [] }: RulesCase): Promise<void> {
  const { promtool } = await monitoringPrograms();
  const dir = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    await writeFile(join(dir, 'rules.yml'), rules);
    const test = {
      rule_files: ['rules.yml'],
      evaluation_interval: '1s',
      tests: [
        {
          interval: '1s',
          input_series: Object.entries(series).map(([name, samples]) => ({ series: name, values: samples })),
          alert_rule_test: alerts.map(({ at, name, functions, labels }) => ({
            eval_time: `${at}s`,
            alertname: name,
            exp_alerts: functions.map((fn) => ({ exp_labels: { function_name: fn, namespace: fn.split('/')[0], function: fn.split('/')[1], ...labels } })),
          })),
          promql_expr_test: values.map(({ at, promql, are }) => ({
            expr: promql,
            eval_time: `${at}s`,
            exp_samples: Object.entries(are).map(([fn, value]) => ({ labels: `{function_name="${fn}"}`, value })),
          })),
        },
      ],
    };
    await writeFile(join(dir, 'test.yml'), stringify(test));
    await promisify(execFile)(promtool, ['test', 'rules', 'test.yml'], { cwd: dir }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}${error.stderr}`);
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
