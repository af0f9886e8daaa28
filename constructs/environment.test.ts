import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldersBetween, readEnvironment } from './environment.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fib-env-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const PROJECT = `name: shop
runtime: nodejs
config:
  registry: { type: string, default: registry.example.com/shop }
  replicas: { type: integer, default: 2 }
  shop:verbose: { type: boolean }
  kubernetes:context: { value: kind }
`;
const read = (files: Readonly<Record<string, string>>, env = 'prod', at = '.') => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return readEnvironment(foldersBetween(join(root, at), root), env);
};

describe('the values of an environment', () => {
  it('are those of fib.<env>.yaml, as text', () => {
    const config = 'config:\n  domain: shop.example.com\n  replicas: 3\n  on: yes\n  debug: false\n  zones: [a, b]\n  empty: ""\n';
    const environment = read({ 'fib.prod.yaml': config, 'fib.dev.yaml': 'config: { domain: localhost }' });
    expect(environment.config).toEqual({ domain: 'shop.example.com', replicas: '3', on: 'yes', debug: 'false', zones: '["a","b"]', empty: '' });
    expect(environment.files).toEqual([join(root, 'fib.prod.yaml')]);
  });

  it('are the project’s own in Pulumi.<env>.yaml, over the defaults of Pulumi.yaml; what is encrypted is told, not read', () => {
    const stack =
      'encryptionsalt: v1:abc=:1.10\nconfig:\n  shop:replicas: 5\n  kubernetes:context: prod\n  shop:password:\n    secure: AAAB\n  shop:db:\n    user: app\n    password: { secure: AAAB }\n';
    const environment = read({ 'Pulumi.yaml': PROJECT, 'Pulumi.prod.yaml': stack });
    expect(environment).toEqual({
      config: { registry: 'registry.example.com/shop', replicas: '5' },
      files: [join(root, 'Pulumi.prod.yaml'), join(root, 'Pulumi.yaml')],
      encrypted: ['password', 'db'],
    });
  });

  it('may stand in both, where they do not contradict each other', () => {
    const files = { 'Pulumi.yaml': PROJECT, 'Pulumi.prod.yaml': 'config: { shop:replicas: 5 }', 'fib.prod.yaml': 'config: { replicas: 5, zone: a }' };
    expect(read(files).config).toMatchObject({ replicas: '5', zone: 'a' });
    expect(() => read({ 'fib.prod.yaml': 'config: { replicas: 6 }' })).toThrow(
      'fib.prod.yaml: config.replicas and Pulumi.prod.yaml: config.shop:replicas give different values: keep one of them',
    );
  });

  it('come from the nearest folder', () => {
    const files = { 'package.json': '{}', 'fib.prod.yaml': 'config: { a: far }', 'src/fib.prod.yaml': 'config: { a: near }' };
    expect(read(files, 'prod', 'src').config).toEqual({ a: 'near' });
    expect(read({}, 'prod', 'other').config).toEqual({ a: 'far' });
  });

  it('are none where no file is, and a misspelt environment is told', () => {
    expect(read({}, 'prod')).toEqual({ config: {}, files: [], encrypted: [] });
    expect(() => read({ 'fib.prod.yaml': '' }, 'prdo')).toThrow('there is no fib.prdo.yaml, but fib.prod.yaml: name one of these with --env');
    expect(read({}, 'dev').config).toEqual({});
    expect(read({}, 'prod').config).toEqual({});
  });

  it.each([
    ['fib.prod.yaml', 'confg: {}', 'fib.prod.yaml: confg: unknown field; did you mean config?'],
    ['fib.prod.yaml', 'config: [a]', 'fib.prod.yaml: config (["a"]) must be a mapping of keys to values'],
    ['fib.prod.yaml', '- a', 'fib.prod.yaml (["a"]) must be a mapping'],
    ['fib.prod.yaml', 'config:\n  a: 1\n  a: 2', 'fib.prod.yaml:3: Map keys must be unique'],
    ['fib.prod.yaml', 'config:\n  a: "x', 'fib.prod.yaml:2: Missing closing "quote'],
    ['fib.prod.yaml', 'config:\n  a:\n  b: 1', 'fib.prod.yaml: config.a has no value: write one'],
    ['fib.prod.yaml', 'config:\n  version: 1.10', 'fib.prod.yaml: config.version (1.10) would be read as 1.1: write it in quotes'],
    ['fib.prod.yaml', 'config:\n  replicas: many', 'fib.prod.yaml: config.replicas (many) must be of type integer, as Pulumi.yaml declares'],
    ['Pulumi.prod.yaml', 'config:\n  shop:verbose: 1', 'Pulumi.prod.yaml: config.shop:verbose (1) must be of type boolean'],
  ])('%s: %j is told with its file and key', (name, text, message) => {
    expect(() => read({ 'Pulumi.yaml': PROJECT, [name]: text })).toThrow(message);
  });

  it('need Pulumi.yaml for the project’s name', () => {
    expect(() => read({ 'Pulumi.prod.yaml': 'config: {}' })).toThrow('Pulumi.prod.yaml needs Pulumi.yaml beside it');
  });
});
