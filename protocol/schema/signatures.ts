import { RUNTIMES, type Runtime } from './fields.ts';

/** How a handler may be called (watcher.md, sections 6 and 7), and the runtimes whose watchers call it so. */
export const SIGNATURES = {
  event: RUNTIMES,
  fetch: ['nodejs'],
  asgi: ['python'],
  wsgi: ['python'],
  http: ['java', 'go'],
  framework: ['nodejs', 'python'],
  lambda: ['nodejs', 'python'],
} as const satisfies Record<string, readonly Runtime[]>;

export type Signature = keyof typeof SIGNATURES;

export const SIGNATURE_NAMES = Object.keys(SIGNATURES) as [Signature, ...Signature[]];

export function hasSignature(runtime: Runtime, signature: Signature): boolean {
  return (SIGNATURES[signature] as readonly Runtime[]).includes(runtime);
}

/** The table as a CEL condition on a spec. */
export const CEL_HAS_SIGNATURE = SIGNATURE_NAMES.map((signature) =>
  SIGNATURES[signature] === RUNTIMES
    ? `self.signature == '${signature}'`
    : `(self.signature == '${signature}' && self.runtime in [${SIGNATURES[signature].map((runtime) => `'${runtime}'`).join(', ')}])`,
).join(' || ');

/** The table as a sentence. */
export const SIGNATURES_TEXT = SIGNATURE_NAMES.map(
  (signature) => `${signature} is for ${SIGNATURES[signature] === RUNTIMES ? 'every runtime' : SIGNATURES[signature].join(' and ')}`,
).join(', ');
