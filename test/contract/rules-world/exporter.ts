import { createHttpServer, serve } from '../../../kit/serve.ts';
import { createMetrics, METRICS_CONTENT_TYPE } from '../../../kit/metrics.ts';
import { METRICS } from '../../../protocol/names.ts';

/** Load of one function at a gateway. */
export interface Load {
  /** Answered requests a second. */
  readonly rps: number;
  /** In flight at each moment. */
  readonly inFlight?: number;
  /** Label `rate`: what one instance is rated for. */
  readonly rate?: number;
  readonly code?: string;
}

export interface FakeGateway {
  /** `host:port`. */
  readonly address: string;
  /** From now on. */
  setLoad(fn: string, load: Load): void;
  /** Stops answering scrapes, or answers them again. */
  setUp(up: boolean): void;
  close(): Promise<void>;
}

/** Metrics of a gateway whose load is set by the test: the counter grows with time, as if requests were served evenly. */
export async function startFakeGateway(port = 0): Promise<FakeGateway> {
  const loads = new Map<string, Load & { since: number; readonly counted: number }>();
  let up = true;
  const counted = (fn: string, now: number) => {
    const load = loads.get(fn);
    return load ? load.counted + (load.rps * (now - load.since)) / 1000 : 0;
  };
  const metrics = createMetrics();
  const total = metrics.counter(METRICS.invokeTotal, 'Requests.');
  const inFlight = metrics.gauge(METRICS.inFlight, 'In flight.');
  const waiting = metrics.gauge(METRICS.waiting, 'Waiting.');
  const clock = metrics.counter(METRICS.gatewayClock, 'Its clock.').cell({});
  metrics.onCollect(() => {
    const now = Date.now();
    clock.value = now / 1000;
    for (const [fn, load] of loads) {
      total.cell({ function_name: fn, code: load.code ?? '200', rate: load.rate === undefined ? '' : String(load.rate) }).value = Math.floor(counted(fn, now));
      inFlight.cell({ function_name: fn }).value = load.inFlight ?? 0;
      waiting.cell({ function_name: fn }).value = 0;
    }
  });
  const server = createHttpServer((_, response) => {
    if (!up) return void response.destroy();
    response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(metrics.render());
  });
  const served = await serve(server, { host: '127.0.0.1', port, name: 'a fake gateway' });
  return {
    address: `127.0.0.1:${served.port}`,
    setLoad(fn, load) {
      const now = Date.now();
      loads.set(fn, { ...load, counted: counted(fn, now), since: now });
    },
    setUp: (value) => void (up = value),
    close: () => served.close(),
  };
}
