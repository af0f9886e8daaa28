import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderAlertmanagerConfig } from '../../protocol/monitoring/alertmanager.ts';
import { renderPrometheusConfig } from '../../protocol/monitoring/prometheus.ts';
import * as fib from '../index.ts';
import { newStack, synthPlatform } from './fixtures/synth-platform.ts';

const SYSTEM = 'fibonacci-system';

interface ScrapeJob {
  readonly job_name: string;
  readonly static_configs?: unknown;
  readonly dns_sd_configs?: unknown;
}

const withoutPlaces = (text: string) =>
  JSON.parse(
    JSON.stringify(parse(text), (key, value: unknown) =>
      /^(targets|rule_files|credentials_file|url|static_configs|dns_sd_configs)$/.test(key) ? undefined : value,
    ),
  ) as unknown;

test('Prometheus and Alertmanager are told the same as on a laptop, but for places', () => {
  const { get } = synthPlatform();
  const [prometheus, alertmanager] = ['prometheus', 'alertmanager'].map((name) => get(`ConfigMap/${SYSTEM}/fibonacci-${name}`).data[`${name}.yml`] as string);
  const local = renderPrometheusConfig({
    gateways: ['127.0.0.1:8081'],
    scalers: ['127.0.0.1:8082'],
    alertmanager: '127.0.0.1:9093',
    ruleFiles: ['/x'],
    tokenFile: '/t',
  });
  expect(withoutPlaces(prometheus ?? '')).toEqual(withoutPlaces(local));
  expect(withoutPlaces(alertmanager ?? '')).toEqual(withoutPlaces(renderAlertmanagerConfig({ scalerUrl: 'http://127.0.0.1:8082', tokenFile: '/t' })));
});

test('gateways are found by the headless Service’s name, the leader by its Service, watchers by the leader’s list', () => {
  const config = parse(synthPlatform().get(`ConfigMap/${SYSTEM}/fibonacci-prometheus`).data['prometheus.yml']) as { scrape_configs: ScrapeJob[] };
  expect(config.scrape_configs).toMatchObject([
    { job_name: 'fibonacci-gateway', dns_sd_configs: [{ names: [`fibonacci-gateway-pods.${SYSTEM}.svc`], type: 'A', port: 8081 }] },
    { job_name: 'fibonacci-scaler', static_configs: [{ targets: [`fibonacci-scaler.${SYSTEM}.svc:8082`] }] },
    { job_name: 'fibonacci-watcher', http_sd_configs: [{ url: `http://fibonacci-scaler.${SYSTEM}.svc:8082/_/targets` }] },
  ]);
  expect(synthPlatform().get(`Service/${SYSTEM}/fibonacci-gateway-pods`).spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
});

test('the rules are the leader’s: mounted where Prometheus looks for them, absent at first, and in no tree', () => {
  const platform = synthPlatform();
  const { containers, volumes } = platform.pods().get('fibonacci-prometheus').spec;
  expect(volumes).toContainEqual({ name: 'rules', configMap: { name: 'fibonacci-rules', optional: true } });
  const { mountPath } = containers[0].volumeMounts.find(({ name }: { name: string }) => name === 'rules');
  expect(parse(platform.get(`ConfigMap/${SYSTEM}/fibonacci-prometheus`).data['prometheus.yml'])).toMatchObject({ rule_files: [`${mountPath}/rules.yaml`] });
  expect(platform.all.map(({ id }) => id)).not.toContain(`ConfigMap/${SYSTEM}/fibonacci-rules`);
});

test('each path that a server is started with is mounted, and another configuration makes another pod', () => {
  for (const [name, { metadata, spec }] of synthPlatform().pods()) {
    if (spec.containers[0].args === undefined) continue;
    const [{ args, volumeMounts }] = spec.containers as [{ args: string[]; volumeMounts: { mountPath: string }[] }];
    const paths = args.flatMap((arg) => /=(\/[^:]*)$/.exec(arg)?.[1] ?? []);
    expect(paths).toHaveLength(2);
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(expect.arrayContaining(paths));
    const other = synthPlatform({ namespace: 'faas' }).pods().get(name);
    expect(other.metadata.annotations).not.toEqual(metadata.annotations);
  }
});

test('data is on the node, or on a volume of the given size', () => {
  const statefulSet = (props: fib.PlatformProps) => synthPlatform(props).get(`StatefulSet/${SYSTEM}/fibonacci-prometheus`).spec;
  const data = (spec: { template: { spec: { volumes: { name: string }[] } } }) => spec.template.spec.volumes.find(({ name }) => name === 'data');
  const [plain, stored] = [statefulSet({}), statefulSet({ monitoring: { prometheus: { storage: fib.Size.gibibytes(2), storageClass: 'fast' } } })];
  expect([data(plain), plain.volumeClaimTemplates]).toEqual([{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }, undefined]);
  expect(data(stored)).toBeUndefined();
  expect(stored.volumeClaimTemplates).toMatchObject([
    { metadata: { name: 'data' }, spec: { storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } } },
  ]);
});

test('images and resources are as the props say', () => {
  const { spec } = synthPlatform({ monitoring: { alertmanager: { image: 'alertmanager:test', resources: { memory: fib.Size.mebibytes(64) } } } })
    .pods()
    .get('fibonacci-alertmanager');
  expect(spec.containers[0]).toMatchObject({ image: 'alertmanager:test', resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '64Mi' } } });
});

const OPERATOR = {
  prometheusUrl: 'http://p.monitoring:9090',
  alertmanagerUrl: 'http://a.monitoring:9093',
  namespace: 'monitoring',
  labels: { release: 'main' },
};

test('with an operator no server is bundled, its objects bear its labels, and the scaler asks its servers', () => {
  const platform = synthPlatform({ monitoring: { operator: OPERATOR } }, (app) => newStack(app, 'shop', 'retail'));
  expect(platform.ofKind('StatefulSet')).toEqual([]);
  const own = platform.all.filter(({ object }) => object.apiVersion.startsWith('monitoring.coreos.com/')).map(({ object }) => object);
  expect(own.map(({ kind, metadata }) => [kind, metadata.name, metadata.labels?.['release']])).toEqual([
    ['AlertmanagerConfig', 'fibonacci', 'main'],
    ['PodMonitor', 'fibonacci-functions', 'main'],
    ['PodMonitor', 'fibonacci-scaler', 'main'],
    ['PrometheusRule', 'fibonacci-rules', 'main'],
    ['ServiceMonitor', 'fibonacci-gateway', 'main'],
  ]);
  const { env } = platform.pods().get('fibonacci-scaler').spec.containers[0];
  expect(env).toContainEqual({ name: 'FIB_RULES_OBJECT', value: 'PrometheusRule' });
  expect(env).toContainEqual({ name: 'FIB_PROMETHEUS_URL', value: OPERATOR.prometheusUrl });
  expect(env).toContainEqual({ name: 'FIB_ALERTMANAGER_URL', value: OPERATOR.alertmanagerUrl });
});

test('an operator’s Prometheus reads what exists: Services and pods by their labels, ports by their names', () => {
  const platform = synthPlatform({ monitoring: { operator: OPERATOR } }, (app) => newStack(app, 'shop', 'retail'));
  const gateway = platform.get(`ServiceMonitor.monitoring.coreos.com/${SYSTEM}/fibonacci-gateway`).spec;
  const service = platform.get(`Service/${SYSTEM}/fibonacci-gateway-pods`);
  expect(service.metadata.labels).toMatchObject(gateway.selector.matchLabels);
  expect(service.spec.ports.map(({ name }: { name: string }) => name)).toContain(gateway.endpoints[0].port);
  const scaler = platform.get(`PodMonitor.monitoring.coreos.com/${SYSTEM}/fibonacci-scaler`).spec;
  const pod = platform.pods().get('fibonacci-scaler');
  expect(pod.metadata.labels).toMatchObject(scaler.selector.matchLabels);
  expect(pod.spec.containers[0].ports.map(({ name }: { name: string }) => name)).toContain(scaler.podMetricsEndpoints[0].port);
});

test('an operator’s Alertmanager groups, inhibits and tells the scaler as the bundled one does', () => {
  const { route, inhibitRules, receivers } = synthPlatform({ monitoring: { operator: OPERATOR } }).get(
    `AlertmanagerConfig.monitoring.coreos.com/${SYSTEM}/fibonacci`,
  ).spec;
  const bundled = parse(renderAlertmanagerConfig({ scalerUrl: `http://fibonacci-scaler.${SYSTEM}.svc:8082`, tokenFile: '/t' })) as {
    route: { routes: [Record<string, unknown>] };
    inhibit_rules: [{ equal: unknown }];
    receivers: [unknown, { webhook_configs: [Record<string, unknown>] }];
  };
  const [own] = bundled.route.routes;
  const text = ([{ name, matchType, value }]: [{ name: string; matchType: string; value: string }]) => [`${name}${matchType}"${value}"`];
  expect([text(route.matchers), route.groupBy, route.groupWait, route.groupInterval, route.repeatInterval]).toEqual(
    ['matchers', 'group_by', 'group_wait', 'group_interval', 'repeat_interval'].map((field) => own[field]),
  );
  expect(
    inhibitRules.map(({ sourceMatch, targetMatch, equal }: Record<string, never>) => ({
      source_matchers: text(sourceMatch as never),
      target_matchers: text(targetMatch as never),
      equal,
    })),
  ).toEqual(bundled.inhibit_rules);
  const [{ url, sendResolved, maxAlerts }] = receivers[0].webhookConfigs;
  expect({ url, send_resolved: sendResolved, max_alerts: maxAlerts }).toEqual({ ...bundled.receivers[1].webhook_configs[0], http_config: undefined });
});
