import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** One line of a graph for each series that the expression gives. */
export interface Query {
  readonly promql: string;
  /** With labels in double braces. */
  readonly legend: string;
}

export interface Graph {
  readonly title: string;
  /** For who looks at it and wonders. */
  readonly description: string;
  /** Of Grafana: `reqps`, `s`, `bytes`, `percentunit`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly graphs: readonly Graph[];
}

export interface DashboardParts {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly cog.Builder<dashboard.VariableModel>[];
  readonly rows: readonly Row[];
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Of 24 columns. */
const WIDTH = 12;
const HEIGHT = 8;

/** A dashboard as Grafana reads it; the Prometheus that it asks is picked in it. */
export function renderDashboard({ uid, title, description, variables, rows }: DashboardParts): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['fibonacci'])
    .refresh('10s')
    .time({ from: 'now-30m', to: 'now' })
    .readonly()
    .withVariable(new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  for (const variable of variables) builder.withVariable(variable);
  for (const row of rows) {
    builder.withRow(new dashboard.RowBuilder(row.title));
    for (const graph of row.graphs) builder.withPanel(renderGraph(graph));
  }
  return builder.build();
}

/** A choice of the values that a label has; several, or all. */
export function labelVariable(name: string, label: string, metric: string): cog.Builder<dashboard.VariableModel> {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query: `label_values(${metric}, ${name})`, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*');
}

function renderGraph({ title, description, unit, queries }: Graph): cog.Builder<dashboard.Panel> {
  const panel = new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .min(0)
    .fillOpacity(10)
    .span(WIDTH)
    .height(HEIGHT);
  for (const [index, { promql, legend }] of queries.entries()) {
    panel.withTarget(
      new prometheus.DataqueryBuilder()
        .refId(String.fromCharCode(65 + index))
        .expr(promql)
        .legendFormat(legend)
        .datasource(DATASOURCE),
    );
  }
  return panel;
}
