import { connect, type Socket } from 'node:net';

/** Sends bytes as they are and gives back all that comes until the other side closes, or `untilMs` have passed. */
export async function sendRaw(url: string, bytes: string, untilMs = 1000): Promise<string> {
  const socket = await open(url);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), new Promise((resolve) => setTimeout(resolve, untilMs))]);
  socket.destroy();
  return answer;
}

export async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** Status and body of the first answer in raw text. */
export function parseRaw(text: string): { status: number; headers: string; body: string } {
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), headers: text.slice(0, end).toLowerCase(), body: text.slice(end + 4) };
}
