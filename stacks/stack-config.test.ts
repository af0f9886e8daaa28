import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseStackConfig, stackConfigSchema } from './stack-config.ts';

const parseConfig = (all: Readonly<Record<string, string>>) =>
  parseStackConfig({ project: 'fibonacci', stack: 'prod', all, isSecret: (key) => key.endsWith('Secret') });

it('has a default for everything, and those of Pulumi.yaml are the same', () => {
  const { config } = parse(readFileSync(new URL('../Pulumi.yaml', import.meta.url), 'utf8')) as { config: Record<string, { default: unknown }> };
  const declared = Object.entries(config).map(([key, { default: value }]): [string, string] => [`fibonacci:${key}`, String(value)]);
  expect(parseConfig(Object.fromEntries(declared))).toEqual(parseConfig({}));
  expect(parseConfig({})).toEqual({ stack: 'examples/cluster/stack.ts', wait: true, values: {} });
  expect(Object.keys(stackConfigSchema.properties)).toEqual(expect.arrayContaining(Object.keys(config)));
});

it('the registry and what is not ours go to the stack file, and other namespaces do not', () => {
  const { values } = parseConfig({ 'fibonacci:registry': 'registry.example.com/fib', 'fibonacci:host': 'shop.example', 'aws:region': 'eu-west-1' });
  expect(values).toEqual({ registry: 'registry.example.com/fib', host: 'shop.example' });
});

it('a secret kubeconfig is ours; every wrong value is told with file, key and value', () => {
  expect(parseConfig({ 'fibonacci:kubeconfig': 'x' })).toMatchObject({ kubeconfig: 'x' });
  expect(() => parseConfig({ 'fibonacci:wait': 'maybe', 'fibonacci:namespace': 'Shop' })).toThrow(
    /Pulumi.prod.yaml: fibonacci:namespace: "Shop" must match pattern[^]*Pulumi.prod.yaml: fibonacci:wait: "maybe" must be boolean/,
  );
  expect(() => parseConfig({ 'fibonacci:apiSecret': 'hunter2' })).toThrow(/Pulumi.prod.yaml: fibonacci:apiSecret is a secret/);
});
