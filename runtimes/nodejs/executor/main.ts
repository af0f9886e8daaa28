import { captureOutput } from './output.ts';
import { openChannel } from './channel.ts';
import { createExecutor } from './executor.ts';
import { preload } from './preload.ts';

/** Entry of an executor process: forked by the supervisor, which gives it a channel, a minimal environment and nothing else. */
const output = captureOutput();
const executor = createExecutor({ output, send: (notice) => channel.send(notice) });
const channel = openChannel((order, socket) => executor.receive(order, socket));
await preload();
channel.send({ kind: 'warm' });
