import type { Socket } from 'node:net';
import type { LoadOrder, Notice, Order, Report } from '../messages.ts';
import { Tally } from '../tally.ts';
import { Front } from './front.ts';
import type { Entry } from './invocation.ts';
import { describeLoadError } from './load-error.ts';
import { loadFunction, type LoadedFunction } from './load.ts';
import type { Output } from './output.ts';

export interface ExecutorOptions {
  readonly output: Output;
  readonly send: (notice: Notice) => void;
}

/** How often the executor shows that its event loop turns (W9.3 allows 200 ms). */
export const BEAT_MS = 100;
/** A timed-out caller is answered at the latest after this, should the supervisor be too busy to retire us first. */
const RETIRE_WAIT_MS = 100;

/** Carries out the supervisor's orders. */
export function createExecutor({ output, send }: ExecutorOptions): { receive(order: Order, socket: Socket | undefined): void } {
  const tally = new Tally();
  let front: Front | undefined;
  let retired: () => void = () => undefined;
  const retirement = new Promise<void>((resolve) => (retired = resolve));
  let lastError: string | undefined;
  let finished = false;

  const report = (): Report => ({
    inFlight: front?.inFlight ?? 0,
    connections: front?.connections ?? 0,
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: cpuSeconds(),
    tally: tally.flush(),
    running: front?.running(BEAT_MS / 4) ?? [],
  });

  const beat = () => send({ kind: 'beat', ...report() });
  process.on(
    'uncaughtExceptionMonitor',
    (error: unknown) => (lastError = error instanceof Error ? `${error.name}: ${error.message.split('\n', 1)[0]}` : String(error)),
  );
  process.on('exit', () => finished || send({ kind: 'crashing', message: lastError, running: front?.running(0) ?? [] }));

  const finish = (): void => {
    finished = true;
    beat();
    setImmediate(() => process.exit(0));
  };

  const load = async (order: LoadOrder): Promise<void> => {
    // Before there is user code nothing can block: an executor that waits for its function costs no processor time.
    beat();
    setInterval(beat, BEAT_MS);
    setEnvironment(order);
    process.chdir(order.folder);
    const started = performance.now();
    try {
      const loaded = await loadFunction(order);
      front = openFront(order, loaded);
      send({ kind: 'loaded', initMs: performance.now() - started });
    } catch (thrown) {
      const { message, place } = await describeLoadError(thrown, order.folder);
      send({ kind: 'load-failed', message, ...place });
    }
  };

  const openFront = (order: LoadOrder, loaded: LoadedFunction): Front => {
    const { namespace, name } = order.function;
    const alone = order.mode === 'process';
    return new Front({
      order: alone ? { ...order, concurrency: 1 } : order,
      loaded,
      tally,
      keepAlive: !alone,
      empty(retired) {
        if (retired) finish();
        else if (alone) send({ kind: 'free', tally: tally.flush() });
      },
      host: {
        identity: { namespace, functionName: name, content: order.content },
        output,
        entered: (entry) => alone && send(started(entry)),
        begun: () => alone && send({ kind: 'begun' }),
        failed: (failure) => send({ kind: 'failure', ...failure }),
        timedOut() {
          if (alone) return undefined;
          send({ kind: 'timed-out' });
          return Promise.race([retirement, new Promise<void>((resolve) => setTimeout(resolve, RETIRE_WAIT_MS))]);
        },
      },
    });
  };

  return {
    receive(order, socket) {
      switch (order.kind) {
        case 'load':
          void load(order.order);
          return;
        case 'connection':
          // Undefined where the other side had closed before it came through the channel.
          send({ kind: 'took', id: order.id });
          if (socket && front) front.take(socket);
          else send({ kind: 'free', tally: tally.flush() });
          return;
        case 'retire':
          front?.retire(order.code, order.graceMs);
          retired();
          return;
        case 'report':
          send({ kind: 'report', id: order.id, ...report() });
          return;
        default:
          order satisfies never;
      }
    },
  };
}

function started({ requestId, method, deadlineMs }: Entry): Notice {
  return { kind: 'started', requestId, method, deadlineInMs: deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - Date.now()) };
}

/** The function's variables over the minimal base that the process was started with (W3.7). */
function setEnvironment({ env, function: { namespace, name }, content }: LoadOrder): void {
  Object.assign(process.env, env, { FIB_FUNCTION: `${namespace}/${name}`, FIB_CONTENT: content });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
