import { connect } from 'node:net';

/** What forwards a published port, and a proxy, takes connections before the program does, and ends them at once. */
const HELD_MS = 50;

/** Whether `host:port` takes a connection within the time, and holds it. Nothing is sent. */
export function holdsConnection(address: string, timeoutMs: number): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)) });
    let timer = setTimeout(() => done(false), timeoutMs);
    const done = (holds: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(holds);
    };
    socket.once('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(() => done(true), HELD_MS);
    });
    for (const event of ['error', 'end', 'close']) socket.once(event, () => done(false));
    socket.resume();
  });
}
