import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Runtime } from '../../../protocol/schema/fields.ts';
import type { Signature } from '../../../protocol/schema/signatures.ts';
import { RUNTIMES_DIR } from '../watcher/watcher-process.ts';

/** The kinds of function that Functions Framework has. */
export type Kind = 'http' | 'cloudevent' | 'event' | 'typed';

/** A function of a fixture, and the type that it is served as where its code does not say so. */
export interface Target {
  readonly fixture?: string;
  readonly handler: string;
  readonly type?: Kind;
  /** @default that of the language */
  readonly signature?: Signature;
}

export interface Language {
  readonly language: Runtime;
  readonly signature: Signature;
  /** Functions that write what they are given into `function_output.json`; `typed` ones answer with it. */
  readonly targets: { readonly [kind in Kind]?: readonly Target[] };
  /** Functions that take a second and do nothing. */
  readonly slow: { readonly [kind in Kind]?: Target };
}

export const FIXTURE = 'framework';

const LANGUAGES: readonly Language[] = [
  {
    language: 'nodejs',
    signature: 'framework',
    targets: {
      http: [{ handler: 'index.writeHttp' }, { handler: 'index.write-http' }],
      cloudevent: [{ handler: 'index.writeCloudEvent', type: 'cloudevent' }, { handler: 'index.write-cloud-event' }],
      event: [
        { handler: 'index.writeEvent', type: 'event' },
        { handler: 'index.writeEventByCallback', type: 'event' },
      ],
      typed: [{ fixture: 'framework-typed', handler: 'index.handler' }],
    },
    slow: {
      http: { handler: 'index.slowHttp' },
      cloudevent: { handler: 'index.slowCloudEvent', type: 'cloudevent' },
      event: { handler: 'index.slowEvent', type: 'event' },
    },
  },
  {
    language: 'python',
    signature: 'framework',
    targets: {
      http: [{ handler: 'main.write_http' }, { handler: 'main.write_http_declarative' }, { handler: 'main.write_http_async' }],
      cloudevent: [{ handler: 'main.write_cloud_event', type: 'cloudevent' }, { handler: 'main.write_cloud_event_declarative' }],
      event: [{ handler: 'main.write_event', type: 'event' }],
      typed: [{ handler: 'main.write_typed' }],
    },
    slow: {
      http: { handler: 'main.slow_http' },
      cloudevent: { handler: 'main.slow_cloud_event', type: 'cloudevent' },
      event: { handler: 'main.slow_event', type: 'event' },
    },
  },
  {
    language: 'java',
    signature: 'http',
    targets: { http: [{ handler: 'WriteHttp.service' }] },
    slow: { http: { handler: 'SlowHttp.service' } },
  },
  {
    language: 'go',
    signature: 'http',
    targets: {
      http: [{ handler: 'handler.WriteHttp' }],
      cloudevent: [{ handler: 'handler.WriteCloudEvent', signature: 'event' }],
      typed: [{ handler: 'handler.WriteTyped', signature: 'event' }],
    },
    slow: { http: { handler: 'handler.SlowHttp' }, cloudevent: { handler: 'handler.SlowCloudEvent', signature: 'event' } },
  },
];

/** Every language with a watcher. */
export const RUNNING: readonly Runtime[] = readdirSync(RUNTIMES_DIR).filter((name) => existsSync(join(RUNTIMES_DIR, name, 'start.json'))) as Runtime[];

/** Those whose fixture is there. */
export const CONFORMING: readonly Language[] = LANGUAGES.filter(({ language }) => existsSync(join(RUNTIMES_DIR, language, 'fixtures', FIXTURE)));
