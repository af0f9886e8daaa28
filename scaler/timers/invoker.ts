import { Agent, request } from '../../kit/undici.ts';
import { ADMIN_PATHS, functionName, HEADERS, TIMER_EVENT_TYPE } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import { formatTime, tickId } from '../decide/ticks.ts';

export interface TickInvoker {
  /** Sends a tick as a binary-mode CloudEvent and waits for the function's answer. @throws Error where the function did not answer for itself */
  invoke(trigger: TriggerResource, scheduled: Date): Promise<void>;
  close(): Promise<void>;
}

/** Longer than any function runs and waits for capacity. */
const ANSWER_TIMEOUT_MS = 25 * 60_000;

/** Through a gateway's admin port, so that a tick takes the path of every other request. */
export function createTickInvoker({ gatewayUrl, internalToken }: { gatewayUrl: string; internalToken: string }): TickInvoker {
  const agent = new Agent({ headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  return {
    async invoke(trigger, scheduled) {
      const { namespace, name } = trigger.metadata;
      const { data } = trigger.spec.timer ?? {};
      const answer = await request(`${gatewayUrl}${ADMIN_PATHS.invoke}/${functionName(namespace, trigger.spec.function)}`, {
        dispatcher: agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${internalToken}`,
          'ce-specversion': '1.0',
          'ce-id': tickId(name, scheduled),
          'ce-source': `/namespaces/${namespace}/triggers/${name}`,
          'ce-type': TIMER_EVENT_TYPE,
          'ce-time': formatTime(scheduled),
          ...(data !== undefined && { 'content-type': 'application/json' }),
        },
        ...(data !== undefined && { body: data }),
      });
      await answer.body.dump();
      const code = answer.headers[HEADERS.error];
      // What the function itself answers below 500 is an answer; the platform's own errors are not.
      if (answer.statusCode >= 500 || answer.statusCode === 429 || code !== undefined)
        throw new Error(`answered ${answer.statusCode}${code === undefined ? '' : ` ${String(code)}`}`);
    },
    close: () => agent.destroy(),
  };
}
