import Type, { type Static } from 'typebox';
import { parseDuration } from '../duration.ts';
import { closed, conditions, digest, duration, ENV_NAME_PATTERN, FUNCTION_RUNTIMES, integer, name, oneOf, type Runtime, size, text } from './fields.ts';
import { celDigits, celWithin } from './cel.ts';
import { container, containerRules } from './container.ts';
import { defineKind, rule } from './kind.ts';
import { placement, placementRules } from './placement.ts';
import { CEL_HAS_SIGNATURE, hasSignature, SIGNATURE_NAMES, SIGNATURES_TEXT } from './signatures.ts';

const secret = closed(
  {
    env: Type.String({ pattern: ENV_NAME_PATTERN, maxLength: 256, description: 'The environment variable that gets the value.' }),
    name: name({ description: 'The Secret’s name.' }),
    key: text(253, { description: 'The key in the Secret.' }),
  },
  { description: 'One secret value.' },
);

const deployment = closed(
  {
    type: oneOf(['hot', 'cold'], { description: '`hot`: specialize a waiting instance of a pod pool. `cold`: start instances of its own.' }),
    pool: Type.Optional(name({ description: 'The pod pool, for `hot`.' })),
    memory: Type.Optional(size({ description: 'Memory limit of one instance, for `cold` (a pool fixes it for `hot`).', default: '256Mi' })),
    placement: Type.Optional(placement),
  },
  { description: 'Where instances come from.' },
);

const scaling = closed(
  {
    minReplicas: integer(0, 1000, { description: 'Instances that always run.', default: 0 }),
    maxReplicas: integer(1, 1000, { description: 'Instances at the most.', default: 10 }),
    idleTimeout: duration({ description: 'Without a request for this long, scale to `minReplicas`.', default: '60s' }),
    stabilizationWindow: duration({ description: 'Scale in only after the need was lower for this long.', default: '60s' }),
    targetRate: Type.Optional(integer(1, 1_000_000, { description: 'Requests a second that one instance is rated for.' })),
  },
  { description: 'Bounds and pace of scaling.' },
);

export const functionSpec = closed(
  {
    runtime: oneOf(FUNCTION_RUNTIMES, { description: 'The language runtime, or `container`: an image that listens on a port by itself.' }),
    handler: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_./-]*\\.[A-Za-z_$][A-Za-z0-9_$-]*$',
        maxLength: 253,
        description: 'Module path without extension, a dot, and the export (or the target, with signature `framework`): `index.handler`.',
      }),
    ),
    signature: Type.Optional(oneOf(SIGNATURE_NAMES, { description: 'How the handler is called (watcher.md, sections 6 and 7).', default: 'event' })),
    mode: Type.Optional(
      oneOf(['thread', 'process'], {
        description: '`thread`: one executor runs all requests of an instance; `process`: one process a request.',
        default: 'thread',
      }),
    ),
    package: Type.Optional(
      closed(
        {
          digest: digest({ description: 'Digest of the code package.' }),
          size: integer(1, 64 * 1024 * 1024, { description: 'Bytes of the package.' }),
        },
        { description: 'The code, by content.' },
      ),
    ),
    container: Type.Optional(container),
    env: Type.Record(Type.String({ pattern: ENV_NAME_PATTERN }), text(32_768, { description: 'A value.' }), {
      additionalProperties: false,
      maxProperties: 256,
      description: 'Environment variables.',
      default: {},
    }),
    secrets: Type.Array(secret, { maxItems: 64, description: 'Environment variables from Secrets.', default: [] }),
    timeout: duration({ description: 'Longest run of one invocation, 100ms to 15m. All other timeouts follow from it.', default: '30s' }),
    activationTimeout: duration({ description: 'Longest wait for an instance, 1s to 5m.', default: '30s' }),
    concurrency: integer(1, 1000, { description: 'Requests that one instance runs at once.', default: 16 }),
    queueLimit: integer(1, 100_000, { description: 'Requests that may wait for an instance, at each gateway.', default: 1000 }),
    bodyLimit: size({ description: 'Largest request body, at most 64Mi.', default: '10Mi' }),
    retry: oneOf(['idempotent', 'safe', 'never'], {
      description:
        'What the gateway sends again after a broken connection: idempotent methods only, anything, or nothing. A request that was marked not started may always go elsewhere.',
      default: 'idempotent',
    }),
    access: oneOf(['internal', 'public'], {
      description:
        '`internal`: called from inside the cluster alone; `public`: also through the public port, where an ingress or load balancer stands in front of it.',
      default: 'internal',
    }),
    deployment,
    scaling,
  },
  { description: 'What a developer declares.' },
);

export const functionStatus = closed(
  {
    observedGeneration: Type.Optional(integer(0, Number.MAX_SAFE_INTEGER, { description: 'The generation that was acted on.' })),
    conditions: Type.Optional(conditions),
    replicas: Type.Optional(integer(0, 100_000, { description: 'Instances that start or serve.' })),
    readyReplicas: Type.Optional(integer(0, 100_000, { description: 'Instances that serve.' })),
    revision: Type.Optional(text(253, { description: 'The newest Revision.' })),
    url: Type.Optional(text(1024, { description: 'Where an HTTP trigger of it is answered, as far as the platform knows.' })),
    lastError: Type.Optional(
      closed(
        {
          code: text(64, { description: 'Of the error table.' }),
          message: text(4096, { description: 'With file and line where known.' }),
          time: text(32, { description: 'RFC 3339.' }),
        },
        { description: 'The last failure to load or run.' },
      ),
    ),
  },
  { description: 'What the scaler saw.' },
);

export type FunctionSpec = Static<typeof functionSpec>;
export type FunctionStatus = Static<typeof functionStatus>;

/** What a watcher runs, and how. */
export interface FunctionCode extends Required<Pick<FunctionSpec, 'handler' | 'signature' | 'mode' | 'package'>> {
  readonly runtime: Runtime;
}

/** With the defaults for what is absent; undefined for a function that is a container. */
export function codeOf({ runtime, handler, package: packed, signature = 'event', mode = 'thread' }: FunctionSpec): FunctionCode | undefined {
  if (runtime === 'container' || handler === undefined || packed === undefined) return undefined;
  return { runtime, handler, signature, mode, package: packed };
}

export const functionKind = defineKind({
  kind: 'Function',
  plural: 'functions',
  shortName: 'fibfn',
  spec: functionSpec,
  status: functionStatus,
  rules: [
    ...containerRules,
    rule<FunctionSpec['deployment']>({
      path: ['spec', 'deployment'],
      cel: "has(self.pool) == (self.type == 'hot')",
      message: 'deployment.pool is required for hot and refused for cold',
      check: (d) => (d.pool !== undefined) === (d.type === 'hot'),
    }),
    rule<FunctionSpec['deployment']>({
      path: ['spec', 'deployment'],
      cel: "has(self.memory) == (self.type == 'cold')",
      message: 'deployment.memory is required for cold and refused for hot, where the pod pool fixes it',
      check: (d) => (d.memory !== undefined) === (d.type === 'cold'),
    }),
    rule<FunctionSpec['deployment']>({
      path: ['spec', 'deployment'],
      cel: "!has(self.placement) || self.type == 'cold'",
      message: 'deployment.placement is refused for hot, where the pod pool fixes it',
      check: (d) => d.placement === undefined || d.type === 'cold',
    }),
    ...placementRules(['spec', 'deployment', 'placement']),
    rule<FunctionSpec['scaling']>({
      path: ['spec', 'scaling'],
      cel: 'self.minReplicas <= self.maxReplicas',
      message: (s) => `minReplicas (${s.minReplicas}) must not exceed maxReplicas (${s.maxReplicas})`,
      messageCel: `'minReplicas (' + ${celDigits('self.minReplicas', 4)} + ') must not exceed maxReplicas (' + ${celDigits('self.maxReplicas', 4)} + ')'`,
      check: (s) => s.minReplicas <= s.maxReplicas,
    }),
    rule<FunctionSpec>({
      path: ['spec'],
      cel: `!has(self.signature) || self.runtime == 'container' || ${CEL_HAS_SIGNATURE}`,
      message: (s) => `signature ${s.signature} does not exist for runtime ${s.runtime}: ${SIGNATURES_TEXT}`,
      messageCel: `'signature ' + self.signature + ' does not exist for runtime ' + self.runtime + ': ${SIGNATURES_TEXT}'`,
      check: (s) => s.signature === undefined || s.runtime === 'container' || hasSignature(s.runtime, s.signature),
    }),
    rule<FunctionSpec>({
      path: ['spec'],
      cel: celWithin('self.timeout', '100ms', '15m'),
      message: (s) => `timeout (${s.timeout}) must be between 100ms and 15m`,
      messageCel: "'timeout (' + self.timeout + ') must be between 100ms and 15m'",
      check: (s) => within(s.timeout, 100, 900_000),
    }),
    rule<FunctionSpec>({
      path: ['spec'],
      cel: celWithin('self.activationTimeout', '1s', '5m'),
      message: (s) => `activationTimeout (${s.activationTimeout}) must be between 1s and 5m`,
      messageCel: "'activationTimeout (' + self.activationTimeout + ') must be between 1s and 5m'",
      check: (s) => within(s.activationTimeout, 1000, 300_000),
    }),
    rule<FunctionSpec['secrets']>({
      path: ['spec', 'secrets'],
      cel: 'self.all(s, self.exists_one(t, t.env == s.env))',
      message: 'each secret must have an env of its own',
      check: (secrets) => new Set(secrets.map((s) => s.env)).size === secrets.length,
    }),
  ],
});

function within(text: string, minMs: number, maxMs: number): boolean {
  const ms = parseDuration(text);
  return ms >= minMs && ms <= maxMs;
}
