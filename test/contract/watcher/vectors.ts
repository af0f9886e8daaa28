import { readdirSync, readFileSync } from 'node:fs';

/** The JSON of protocol/vectors, as its README describes it. */
export interface VectorCase {
  readonly clause: string | readonly string[];
  readonly name: string;
  readonly fixture?: string;
  readonly web?: true;
  readonly languages?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly load?: LoadOverrides | null;
  readonly steps: readonly Step[];
}

export type LoadOverrides = Readonly<Record<string, unknown>>;
export type Step = Readonly<Record<string, unknown>>;

/** A case as it runs for one language. */
export interface RunnableCase extends VectorCase {
  readonly title: string;
  readonly fixture: string;
  readonly signature: string;
}

const FOLDER = new URL('../../../protocol/vectors/', import.meta.url);
const WEB_SIGNATURES: Readonly<Record<string, readonly string[]>> = { nodejs: ['fetch'], python: ['asgi', 'wsgi'], go: ['http'], java: ['http'] };

export function readVectors(): VectorCase[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as VectorCase[]);
}

export function clausesOf({ clause }: VectorCase): readonly string[] {
  return typeof clause === 'string' ? [clause] : clause;
}

/** The cases of one language; a `web` case becomes one for each of its web signatures. */
export function casesFor(language: string, vectors: readonly VectorCase[]): RunnableCase[] {
  return vectors
    .filter(({ languages }) => languages === undefined || languages.includes(language))
    .flatMap((vector) => {
      const title = `${clausesOf(vector).join(', ')}: ${vector.name}`;
      if (!vector.web) return [{ ...vector, title, fixture: vector.fixture ?? 'echo', signature: 'event' }];
      return (WEB_SIGNATURES[language] ?? []).map((signature) => ({ ...vector, title: `${title} (${signature})`, fixture: `web-${signature}`, signature }));
    });
}
