import { Agent, get, type IncomingMessage } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { SCALER_PATHS } from '../../protocol/names.ts';
import { openScalerPort, type ScalerPort } from '../../scaler/api/port.ts';

let port: ScalerPort;
const agent = new Agent({ keepAlive: true });
afterEach(() => port.close());

/** As Prometheus does it: on a connection that is kept. */
function ask(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(`${port.url}${path}`, { agent }, (response) => resolve(response.resume())).on('error', reject));
}

test('a scaler that only stands by keeps nobody who looks for the leader: the next connection may lead there', async () => {
  port = await openScalerPort({ host: '127.0.0.1', port: 0 });
  port.standBy();
  const metrics = await ask(SCALER_PATHS.metrics);
  expect([metrics.statusCode, metrics.headers.connection]).toEqual([503, 'close']);
  const ready = await ask(SCALER_PATHS.ready);
  expect([ready.statusCode, ready.headers.connection]).toEqual([200, 'keep-alive']);
});
