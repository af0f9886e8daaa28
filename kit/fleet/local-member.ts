import { randomBytes } from 'node:crypto';
import type { Assignment, Instance, InstanceState, InstanceTemplate } from './fleet.ts';
import type { StartedInstance } from './local-instance.ts';

/** An instance of this machine, from the wish for it to its end. */
export interface LocalMember {
  readonly id: string;
  readonly template: InstanceTemplate;
  readonly startedAt: number;
  state: InstanceState;
  listening?: Pick<Instance, 'controlUrl'> & { readonly dataAddress: string; readonly at: number };
  process?: StartedInstance;
  assignment?: Assignment;
  stopReason?: string;
  readonly gone: Promise<void>;
  resolveGone(): void;
}

/** One that has not begun to start. */
export function createMember(template: InstanceTemplate): LocalMember {
  const { promise, resolve } = Promise.withResolvers<void>();
  const owner = template.key.replace(/^[a-z]+:[^/]*\//, '').replace(/#.*$/, '');
  return { id: `${owner}-${randomBytes(4).toString('hex')}`, template, startedAt: Date.now(), state: 'starting', gone: promise, resolveGone: resolve };
}

/** As others see it now. */
export function snapshot({ id, template, state, startedAt, listening, assignment }: LocalMember): Instance {
  return {
    id,
    template,
    state,
    startedAt,
    ...(assignment && { assignment }),
    ...(listening && { dataAddress: listening.dataAddress, ...(listening.controlUrl !== undefined && { controlUrl: listening.controlUrl }) }),
  };
}
