import { functionName } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';

/**
 * Where each function with an HTTP trigger is called, by `<namespace>/<name>`: its accepted trigger whose name is first. `base` is the gateways' URL; a trigger with a host of its own is reached there, by the same scheme.
 */
export function decideUrls(triggers: Iterable<TriggerResource>, accepted: (trigger: TriggerResource) => boolean, base: string): Map<string, string> {
  const urls = new Map<string, string>();
  if (base === '') return urls;
  const { protocol, host } = new URL(base);
  const sorted = [...triggers].filter(({ spec }) => spec.http).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const trigger of sorted) {
    const { metadata, spec } = trigger;
    const name = functionName(metadata.namespace, spec.function);
    if (!spec.http || urls.has(name) || !accepted(trigger)) continue;
    urls.set(name, `${protocol}//${spec.http.host ?? host}${spec.http.path}`);
  }
  return urls;
}
