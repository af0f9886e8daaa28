import { API_GROUP } from '../../protocol/names.ts';
import type { TriggerSpec } from '../../protocol/schema/trigger.ts';
import { replaceUrlTokens } from '../function-url.ts';
import type { KubernetesObject, SynthObject } from './object.ts';
import type { Problem } from './problem.ts';

/** Puts functions' URLs in the place of their tokens, in every string of every object. `objects` are in the order of the constructs: a function's first HTTP trigger gives its URL. */
export function fillUrls(
  objects: readonly SynthObject[],
  gatewayUrl: string,
): { readonly objects: readonly SynthObject[]; readonly urls: ReadonlyMap<string, string>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const byFunction = urlsByFunction(objects, gatewayUrl);
  const urls = new Map(objects.flatMap(({ id, path }) => (byFunction.has(id) ? [[path, byFunction.get(id) ?? '']] : [])));
  const filled = objects.map((synth) => {
    const resolve = (path: string): string => {
      const url = urls.get(path);
      if (url === undefined)
        problems.push({
          path: synth.path,
          code: 'STACK_INVALID',
          message: `uses the url of ${path}, which has no HTTP trigger in this stack file; add an HttpTrigger for it`,
        });
      return url ?? '';
    };
    const object = mapStrings(synth.object, (text) => replaceUrlTokens(text, resolve)) as KubernetesObject;
    return object === synth.object ? synth : { ...synth, object };
  });
  return { objects: filled, urls: byFunction, problems };
}

/** By the Function's id. */
function urlsByFunction(objects: readonly SynthObject[], gatewayUrl: string): Map<string, string> {
  const byFunction = new Map<string, string>();
  const own = objects.filter(({ object }) => object.apiVersion.startsWith(`${API_GROUP}/`));
  for (const { object } of own) {
    const { function: name, http } = (object['spec'] ?? {}) as Partial<TriggerSpec>;
    const id = `Function/${object.metadata.namespace}/${name}`;
    if (http && !byFunction.has(id)) byFunction.set(id, urlOf(gatewayUrl, http));
  }
  return byFunction;
}

function urlOf(gatewayUrl: string, http: NonNullable<TriggerSpec['http']>): string {
  const url = new URL(gatewayUrl);
  if (http.host !== undefined) url.hostname = http.host;
  const base = url.href.replace(/\/$/, '');
  return http.path === '/' ? base : `${base}${http.path}`;
}

/** The value with each string mapped; the same value where no string changes. */
function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, member, mapStrings(member, map)] as const);
  if (entries.every(([, before, after]) => before === after)) return value;
  return Array.isArray(value) ? entries.map(([, , after]) => after) : Object.fromEntries(entries.map(([key, , after]) => [key, after]));
}
