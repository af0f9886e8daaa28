import type { Socket } from 'node:net';
import type { Notice, Order } from '../messages.ts';

/** The executor's end of its channel to the supervisor. */
export interface Channel {
  send(notice: Notice): void;
  close(): Promise<void>;
}

/** Takes the process's channel out of user code's reach and ends the process when it closes (W9.2). */
export function openChannel(onOrder: (order: Order, socket: Socket | undefined) => void): Channel {
  const send = process.send?.bind(process);
  if (!send) throw new Error('an executor is started by its supervisor, with a channel');
  const disconnect = process.disconnect.bind(process);
  process.on('message', (order, socket) => onOrder(order as Order, socket as Socket | undefined));
  process.on('disconnect', () => process.exit(0));
  Object.assign(process, { send: undefined, disconnect: undefined });
  // A supervisor that is gone makes the write fail; 'disconnect' follows and ends us.
  const ignore = () => undefined;
  return {
    send: (notice) => void send(notice, undefined, {}, ignore),
    close: async () => disconnect(),
  };
}
