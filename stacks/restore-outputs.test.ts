import * as pulumi from '@pulumi/pulumi';
import { expect, it } from 'vitest';
import { mockEngine } from './fixtures/mock-engine.ts';
import { OutputTexts } from './output-texts.ts';
import { restoreOutputs } from './restore-outputs.ts';

const outcome = (value: unknown) => (pulumi.output(value) as unknown as { promise(): Promise<unknown> }).promise();
const texts = new OutputTexts('shop');

it('what holds no Output stays plain', () => {
  const object = { metadata: { name: 'a' }, spec: { list: [1, 'b', null, true] } };
  expect(restoreOutputs(object, texts, { where: 'a', secrets: false })).toEqual(object);
});

it('in a Secret a secret is no error', async () => {
  await mockEngine();
  const stringData = { KEY: `prefix ${texts.textOf(pulumi.secret('hunter2'))}` };
  const restored = pulumi.output(restoreOutputs({ stringData }, texts, { where: 'Secret/shop/keys', secrets: true }));
  expect(await outcome(restored)).toEqual({ stringData: { KEY: 'prefix hunter2' } });
  expect(await pulumi.isSecret(restored)).toBe(true);
});

it('a value that looks like a pattern of replacement arrives as it is', async () => {
  const text = texts.textOf(pulumi.output("$& $' $1"));
  expect(await outcome(restoreOutputs(`<${text}>`, texts, { where: 'a', secrets: false }))).toBe("<$& $' $1>");
});

it('an Output cannot be the name of a field', () => {
  const text = texts.textOf(pulumi.output('name'));
  expect(() => restoreOutputs({ data: { [text]: 'x' } }, texts, { where: 'ConfigMap/shop/a', secrets: false })).toThrow(
    /ConfigMap\/shop\/a.data: an Output is the name of a field/,
  );
});

it('the same component gives the same texts in every run, and two components different ones', () => {
  const first = (owner: string) => new OutputTexts(owner).textOf(pulumi.output('x'));
  expect(first('a')).toBe(first('a'));
  expect(first('a')).not.toBe(first('b'));
});
