import { describe, expect, it } from 'vitest';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';
import { clearTextProblems } from './clear-text.ts';
import type { KubernetesObject, SynthObject, SynthResult } from './object.ts';

const PEM = `-----BEGIN ${'RSA PRIVATE'} KEY-----`;
const resultOf = (object: KubernetesObject, packages = new Map<string, Uint8Array>()): SynthResult => {
  const synth: SynthObject = { id: `${object.kind}/shop/a`, path: 'shop/a', object, phase: 'resource', tree: 'functions', deps: [] };
  return { objects: [synth], packages, sources: [], code: [], stacks: [], urls: new Map() };
};
const problems = (object: KubernetesObject) => clearTextProblems(resultOf(object));
const metadata = { name: 'a', namespace: 'shop' };
const fn = (env: object): KubernetesObject => ({ apiVersion: 'fibonacci.dev/v1alpha1', kind: 'Function', metadata, spec: { env } });
const pod = (...env: object[]): KubernetesObject => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ env }] } });
const secret = (values: object): KubernetesObject => ({ apiVersion: 'v1', kind: 'Secret', metadata, ...values });
const configMap = (data: object): KubernetesObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
const code = (text: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...metadata, annotations: { 'fibonacci.dev/digest': 'sha256:0' } },
  data: { 'index.mjs': text },
});

describe('what must not stand in a tree for git', () => {
  it.each([
    ['the values of a Secret', secret({ data: { password: 'aHVudGVyMg==' } }), 'Secret/shop/a holds values (password)'],
    ['the text of a Secret', secret({ stringData: { password: 'hunter2' } }), 'Secret/shop/a holds values (password)'],
    ['a variable of a function with a secret’s name', fn({ DB_PASSWORD: 'hunter2' }), 'Function/shop/a: spec.env.DB_PASSWORD has a secret'],
    ['one of a container', pod({ name: 'STRIPE_API_KEY', value: 'hunter2' }), 'spec.containers[0].env[0].value has a secret'],
    ['a URL with a password', fn({ DB: 'postgres://app:hunter2@db:5432/shop' }), 'spec.env.DB is a URL with a password'],
    ['a private key, wherever', { ...fn({}), data: { file: `x\n${PEM}\nhunter2` } }, 'data.file holds a key or token'],
    ['a key in code', code(`const key = 'AKIA${'ABCDEFGH01234567'}'; // hunter2`), 'data.index.mjs holds a key or token'],
  ])('%s', (_, object, message) => {
    const found = problems(object);
    expect(found).toEqual([{ path: 'shop/a', code: 'SECRET_IN_CLEAR', message: expect.stringContaining(message) }]);
    expect(found[0]?.message).not.toContain('hunter2');
  });

  it.each([
    ...[
      'AWS_SECRET_ACCESS_KEY',
      'JWT_SECRET',
      'SESSION_SECRET',
      'DB_PASS',
      'GITHUB_TOKEN',
      'dbPassword',
      'apiKey',
      'openaiAPIKey',
      'db-password',
      'PGPASSWORD',
    ],
    ...['STRIPE_API_KEY', 'SSH_PRIVATE_KEY', 'BACKUP_PASSPHRASE', 'FTP_PASSWD', 'GOOGLE_CREDENTIALS', 'password', 'token', 'SECRET_KEY', 'S3_ACCESSKEY'],
  ])('%s: a variable, or a key of a ConfigMap, whose name says that it is a secret', (name) => {
    for (const value of ['hunter2', '123456']) {
      for (const object of [fn({ [name]: value }), pod({ name, value }), configMap({ [name]: value })]) {
        expect(problems(object)).toEqual([{ path: 'shop/a', code: 'SECRET_IN_CLEAR', message: expect.stringContaining("has a secret's name") }]);
      }
    }
  });

  it.each([
    ...['PASSWORD_MIN_LENGTH', 'TOKEN_URL', 'SECRET_NAME', 'AWS_ACCESS_KEY_ID', 'MAX_TOKENS', 'BYPASS', 'COMPASS', 'publicKey', 'KEY', 'passwordPolicy'],
    ...['tokenizer', 'CREDENTIALS_FILE', 'secretary'],
  ])('but not %s', (name) => {
    for (const object of [fn({ [name]: 'x' }), pod({ name, value: 'x' }), configMap({ [name]: 'x' })]) expect(problems(object)).toEqual([]);
  });

  it.each(['', '/run/secrets/db', './creds.json', '../creds.json', '$(OTHER)', 'true', 'False', 'no', 'arn:aws:secretsmanager:eu-west-1:1:secret:db'])(
    'nor the value %j',
    (value) => {
      for (const object of [fn({ DB_PASSWORD: value }), configMap({ DB_PASSWORD: value })]) expect(problems(object)).toEqual([]);
    },
  );

  it.each([
    ['a whole file of a ConfigMap', configMap({ 'reset.password': 'a text', 'app.token': 'a text' })],
    ['code in a file that is called so', { ...code('x'), data: { token: 'export const token = 1;' } }],
    ['data of another kind', { ...fn({}), data: { token: 'x' } }],
    ['a Secret that Kubernetes fills', secret({ type: 'kubernetes.io/service-account-token' })],
    ['a reference to a Secret', pod({ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } })],
    ['the path of a file, an empty value, another variable', fn({ DB_PASSWORD: '/run/secrets/db', API_KEY: '', AUTH_TOKEN: '$(TOKEN)' })],
    ['a name that only sounds alike', fn({ PASSWORD_MIN_LENGTH: '12', TOKEN_URL: 'https://id.example.com/token' })],
    ['a URL with a user, or with a password from elsewhere', fn({ A: 'ssh://git@host/x', B: 'postgres://app:$(PASSWORD)@db/shop' })],
    ['code that speaks of URLs with passwords', code('fetch("https://user:pass@example.com")')],
  ])('but not %s', (_, object) => {
    expect(problems(object)).toEqual([]);
  });

  it.each<[string, fib.PlatformProps]>([
    ['as it comes', {}],
    [
      'with an artifact service on a bucket',
      { artifacts: { s3: { endpoint: 'https://s3.example.com', bucket: 'packages', credentials: { secret: 'keys' } } } },
    ],
    ['with an artifact service and dashboards', { artifacts: {}, monitoring: { dashboards: { namespace: 'monitoring' } } }],
  ])('finds nothing in a Platform %s', (_, props) => {
    const result = synthesizeStack(
      fib.defineStack((app) => new fib.Platform(app, 'fibonacci', { images: { registry: 'registry.example.com/fib' }, ...props })),
    );
    expect(result.objects.length).toBeGreaterThan(10);
    expect(clearTextProblems(result)).toEqual([]);
  });

  it('looks into packages that no ConfigMap holds, too', () => {
    const bytes = Buffer.from(`${' '.repeat(70_000)}${PEM}`);
    const object = { ...fn({}), spec: { package: { digest: 'sha256:1' } } };
    expect(clearTextProblems(resultOf(object, new Map([['sha256:1', bytes]])))).toEqual([
      { path: 'shop/a', code: 'SECRET_IN_CLEAR', message: expect.stringContaining('its code holds a key') },
    ]);
  });
});
