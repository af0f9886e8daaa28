import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { tickHeaders } from '../../../cli/dev/calls.ts';
import type { SynthResult } from '../../../constructs/synth/object.ts';
import { ADMIN_PATHS } from '../../../protocol/names.ts';
import type { AnyResource, TriggerResource } from '../../../protocol/schema/resources.ts';
import type { Platform } from '../platform.ts';
import { parseCurl } from './readme-calls.ts';

/** A stack on a platform that others use too: on a host of its own, so that routes may be equal. */
export interface StackOnPlatform {
  /** Does what a README says: `curl …`, or `npx fib invoke …` for a tick of the stack's timer. */
  call(words: readonly string[]): Promise<Answer>;
  remove(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

export async function applyStack(platform: Platform, { objects, packages }: SynthResult, host: string): Promise<StackOnPlatform> {
  const resources = objects.map(({ object }) => object as unknown as AnyResource);
  for (const [digest, bytes] of packages) await platform.putPackage({ digest, bytes });
  await platform.apply(...resources.map((resource) => onHost(resource, host)));
  const timer = resources.find((resource): resource is TriggerResource => resource.kind === 'Trigger' && resource.spec.timer !== undefined);
  return {
    call: (words) => (words[0] === 'curl' ? curl(platform, words, host) : tick(platform, timer)),
    async remove() {
      for (const { kind, metadata } of resources.toReversed()) await platform.store.remove(kind, metadata.namespace, metadata.name);
    },
  };
}

function onHost(resource: AnyResource, host: string): AnyResource {
  if (resource.kind !== 'Trigger' || !resource.spec.http) return resource;
  return { ...resource, spec: { ...resource.spec, http: { ...resource.spec.http, host } } };
}

/** `fetch` would send no other Host. */
async function curl({ gateways }: Platform, words: readonly string[], host: string): Promise<Answer> {
  const { path, headers, data } = parseCurl(words);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(`${gateways[0]?.url}${path}`, { method: data === undefined ? 'GET' : 'POST', headers: { ...headers, host } }, resolve)
    .once('error', reject)
    .end(data);
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** What `fib invoke` sends to a function that has a timer alone. */
async function tick({ gateways, internalToken }: Platform, trigger: TriggerResource | undefined): Promise<Answer> {
  if (!trigger?.spec.timer) throw new Error('the stack has no timer');
  const { namespace, name } = trigger.metadata;
  const { data } = trigger.spec.timer;
  const headers = tickHeaders({ namespace }, { trigger: name, ...(data !== undefined && { data }) }, new Date());
  const response = await fetch(`${gateways[0]?.adminUrl}${ADMIN_PATHS.invoke}/${namespace}/${trigger.spec.function}`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${internalToken}` },
    body: data ?? null,
  });
  return { status: response.status, body: await response.text() };
}
