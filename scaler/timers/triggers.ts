import { functionName } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import type { Log } from '../../kit/log.ts';
import type { Store } from '../../kit/store/store.ts';
import type { StatusWriter } from '../apply/status-writer.ts';
import { conditionSince } from '../decide/conditions.ts';
import { formatTime } from '../decide/ticks.ts';
import { decideTriggers, type TriggerVerdict } from '../decide/triggers.ts';
import { decideUrls } from '../decide/urls.ts';
import { createTickInvoker } from './invoker.ts';
import { createTimers } from './timers.ts';

export interface TriggersDeps {
  readonly store: Store;
  readonly writer: StatusWriter;
  readonly log: Log;
  readonly now: () => number;
  /** Admin base URL of a gateway; empty: no tick is fired. */
  readonly gatewayUrl: string;
  readonly internalToken: string;
  functionExists(name: string): boolean;
  /** Base URL of functions' routes; empty: none is told. */
  readonly functionsUrl: string;
  /** A function is called elsewhere than before. */
  onUrlChanged(fn: string): void;
}

export interface Triggers {
  /** The set of functions changed: judge anew. */
  changed(): void;
  /** Where a function is called. */
  url(fn: string): string | undefined;
  close(): Promise<void>;
}

/** Stacks are applied object by object, and all triggers are judged together. */
const SETTLE_MS = 100;

/** Judges triggers, tells it in their status, and runs the timers of those that are accepted. */
export async function startTriggers(deps: TriggersDeps): Promise<Triggers> {
  const { store, writer, log, now } = deps;
  const triggers = new Map<string, TriggerResource>();
  const ticking = new Map<string, string>();
  const invoker = createTickInvoker(deps);
  const timers = createTimers({ invoker, log, now, onAnswered: (trigger, scheduled) => markStatus(trigger, scheduled) });
  let verdicts: ReadonlyMap<string, TriggerVerdict> = new Map();
  /** What was last said of each trigger: of ten thousand few change at a time. */
  const told = new Map<string, string>();
  let urls: ReadonlyMap<string, string> = new Map();
  let due = false;
  let timer: NodeJS.Timeout | undefined;

  const markStatus = ({ metadata: { namespace, name } }: TriggerResource, tick?: Date) =>
    writer.mark('Trigger', namespace, name, (previous) => {
      const trigger = triggers.get(functionName(namespace, name));
      if (!trigger) return undefined;
      const verdict = verdicts.get(functionName(namespace, name));
      if (!verdict) return undefined;
      const lastTick = later(previous?.lastTick, tick && formatTime(tick));
      const observedGeneration = trigger.metadata.generation ?? 1;
      const condition = {
        type: 'Accepted',
        status: verdict.accepted ? ('True' as const) : ('False' as const),
        reason: verdict.reason,
        message: verdict.message,
        observedGeneration,
      };
      return {
        observedGeneration,
        conditions: [conditionSince(previous?.conditions, condition, new Date(now()))],
        ...(lastTick !== undefined && { lastTick }),
      };
    });
  const changed = () => {
    if (due) return;
    due = true;
    timer = setTimeout(() => {
      due = false;
      verdicts = decideTriggers([...triggers.values()], deps.functionExists);
      for (const [key, { accepted, reason, message }] of verdicts) {
        const trigger = triggers.get(key) as TriggerResource;
        // Joined: of a template's text the parts are held as well.
        const said = [trigger.metadata.uid, trigger.metadata.generation, reason, message].join(' ');
        if (told.get(key) === said) continue;
        told.set(key, said);
        runTimer(key, trigger, accepted);
        markStatus(trigger);
      }
      tellUrls();
    }, SETTLE_MS);
  };
  const tellUrls = () => {
    const before = urls;
    const accepted = ({ metadata }: TriggerResource) => verdicts.get(functionName(metadata.namespace, metadata.name))?.accepted === true;
    urls = decideUrls(triggers.values(), accepted, deps.functionsUrl);
    for (const fn of new Set([...before.keys(), ...urls.keys()])) if (before.get(fn) !== urls.get(fn)) deps.onUrlChanged(fn);
  };
  const runTimer = (key: string, trigger: TriggerResource, accepted: boolean) => {
    const runs = accepted && trigger.spec.timer !== undefined && deps.gatewayUrl !== '';
    const version = `${trigger.metadata.uid} ${trigger.metadata.generation}`;
    if (runs && ticking.get(key) !== version) timers.put(trigger);
    if (runs) return void ticking.set(key, version);
    ticking.delete(key);
    timers.remove(trigger.metadata.namespace, trigger.metadata.name);
  };

  const put = (trigger: TriggerResource) => {
    const { namespace, name, resourceVersion } = trigger.metadata;
    const key = functionName(namespace, name);
    const known = triggers.get(key)?.metadata;
    if (known?.resourceVersion === resourceVersion && known?.uid === trigger.metadata.uid) return;
    writer.seen('Trigger', namespace, name, trigger.status);
    triggers.set(key, trigger);
    // Else only its status changed, most likely by ourselves.
    if (known?.generation !== trigger.metadata.generation || known?.uid !== trigger.metadata.uid) changed();
  };
  const watch = await store.watch('Trigger', {
    onInvalid: (problem) => log.error('a trigger is not valid and is left as it was', problem),
    onSync: (objects) => objects.forEach(put),
    onEvent({ type, object }) {
      if (type === 'applied') return put(object);
      const { namespace, name } = object.metadata;
      triggers.delete(functionName(namespace, name));
      ticking.delete(functionName(namespace, name));
      told.delete(functionName(namespace, name));
      timers.remove(namespace, name);
      writer.forget('Trigger', namespace, name);
      changed();
    },
  });
  return {
    changed,
    url: (fn) => urls.get(fn),
    async close() {
      clearTimeout(timer);
      await watch.close();
      await timers.close();
      await invoker.close();
    },
  };
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  return a !== undefined && b !== undefined ? (a > b ? a : b) : (a ?? b);
}
