import { expect, test } from 'vitest';
import { newStack, synthPlatform } from './fixtures/synth-platform.ts';

/** `functions.fibonacci.dev: get list`, names in brackets. */
interface RuleText {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

function lines(rules: readonly RuleText[]): string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      resources.map(
        (resource) => `${resource}${apiGroups[0] ? `.${apiGroups[0]}` : ''}${resourceNames ? ` [${resourceNames.join(' ')}]` : ''}: ${verbs.join(' ')}`,
      ),
    )
    .sort();
}

const platform = synthPlatform({}, (app) => newStack(app, 'shop', 'retail'));

test.each<[string, string, readonly string[]]>([
  [
    'the gateway reads functions and their triggers where functions are',
    'Role/retail/fibonacci-gateway',
    ['functions.fibonacci.dev: list watch', 'revisions.fibonacci.dev: list', 'triggers.fibonacci.dev: list watch'],
  ],
  [
    'the gateway asks whose a token is and what it may do, and the zone of its node',
    'ClusterRole/fibonacci-gateway.fibonacci-system',
    ['nodes: get', 'subjectaccessreviews.authorization.k8s.io: create', 'tokenreviews.authentication.k8s.io: create'],
  ],
  [
    'the scaler keeps what functions run in, and tells of it in their status',
    'Role/retail/fibonacci-scaler',
    [
      'configmaps: get',
      'deployments.apps: list watch create patch delete',
      'events.events.k8s.io: create',
      'functions.fibonacci.dev: list watch',
      'functions/status.fibonacci.dev: patch',
      'podpools.fibonacci.dev: list watch',
      'podpools/status.fibonacci.dev: patch',
      'pods: get list watch patch delete',
      'revisions.fibonacci.dev: list create patch delete',
      'scalingrules.fibonacci.dev: list watch',
      'scalingrules/status.fibonacci.dev: patch',
      'triggers.fibonacci.dev: list watch',
      'triggers/status.fibonacci.dev: patch',
    ],
  ],
  [
    'the scaler keeps its own Lease, Secrets, address and rules, by name',
    'Role/fibonacci-system/fibonacci-scaler',
    [
      'configmaps [fibonacci-rules]: get create patch',
      'endpointslices.discovery.k8s.io [fibonacci-scaler-leader]: create patch',
      'leases.coordination.k8s.io [fibonacci-scaler]: list watch update',
      'leases.coordination.k8s.io: create',
      'pods [fibonacci-prometheus-0]: patch',
      'secrets [fibonacci-internal fibonacci-signing]: get',
      'secrets: create',
    ],
  ],
  ['the scaler knows the zones of nodes', 'ClusterRole/fibonacci-scaler.fibonacci-system', ['nodes: list watch']],
])('%s', (_, id, rules) => {
  expect(lines(platform.get(id).rules)).toEqual(rules);
});

test('with an operator the rules are in a PrometheusRule, and no pod is touched', () => {
  const operator = { prometheusUrl: 'http://p', alertmanagerUrl: 'http://a', namespace: 'monitoring' };
  const own = lines(synthPlatform({ monitoring: { operator } }).get('Role/fibonacci-system/fibonacci-scaler').rules);
  expect(own).toContain('prometheusrules.monitoring.coreos.com [fibonacci-rules]: get patch');
  expect(own.filter((line) => /^(configmaps|pods)/.test(line))).toEqual([]);
});

test('nothing else is granted to anyone, and each grant goes to the account of its part', () => {
  expect([...platform.ofKind('Role'), ...platform.ofKind('ClusterRole')]).toHaveLength(5);
  const bindings = [...platform.ofKind('RoleBinding'), ...platform.ofKind('ClusterRoleBinding')];
  expect(
    bindings.map(({ metadata, roleRef, subjects }) => [
      metadata.namespace ?? '',
      roleRef.kind,
      roleRef.name,
      ...subjects.map((one: object) => Object.values(one)),
    ]),
  ).toEqual([
    ['fibonacci-system', 'Role', 'fibonacci-scaler', ['ServiceAccount', 'fibonacci-scaler', 'fibonacci-system']],
    ['retail', 'Role', 'fibonacci-gateway', ['ServiceAccount', 'fibonacci-gateway', 'fibonacci-system']],
    ['retail', 'Role', 'fibonacci-scaler', ['ServiceAccount', 'fibonacci-scaler', 'fibonacci-system']],
    ['', 'ClusterRole', 'fibonacci-gateway.fibonacci-system', ['ServiceAccount', 'fibonacci-gateway', 'fibonacci-system']],
    ['', 'ClusterRole', 'fibonacci-scaler.fibonacci-system', ['ServiceAccount', 'fibonacci-scaler', 'fibonacci-system']],
  ]);
});

test('no rule has a wildcard, and nothing reads Secrets of functions but by a stack that names them', () => {
  const rules = [...platform.ofKind('Role'), ...platform.ofKind('ClusterRole')].flatMap((role) => role.rules as RuleText[]);
  expect(rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]).filter((word) => word.includes('*'))).toEqual([]);
  const secrets = platform.ofKind('Role').filter((role) => role.rules.some((rule: RuleText) => rule.resources.includes('secrets')));
  expect(secrets.map(({ metadata }) => metadata.namespace)).toEqual(['fibonacci-system']);
});

test('accounts mount no token by themselves, and functions’ has no rights at all', () => {
  const accounts = platform.ofKind('ServiceAccount');
  expect(accounts.map(({ metadata, automountServiceAccountToken }) => [metadata.name, automountServiceAccountToken])).toEqual([
    ['fibonacci-alertmanager', false],
    ['fibonacci-gateway', false],
    ['fibonacci-prometheus', false],
    ['fibonacci-scaler', false],
    ['fibonacci-function', false],
  ]);
});
