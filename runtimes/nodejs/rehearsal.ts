import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CONTROL_PATHS, TOKEN_ISSUER } from './contract.ts';
import { Orders } from './control/orders.ts';
import { createControlServer } from './control/server.ts';
import type { Instance, PushResult } from './instance.ts';
import { writeMarker } from './marker.ts';
import { decodePackage } from './package/decode.ts';
import { unpackTo } from './package/unpack.ts';

const OWNER = { namespace: 'none', name: 'rehearsal', uid: 'none' };
/** More than one read of a connection. */
const BALLAST = 256 * 1024;

/**
 * Takes a push once, over a connection in memory and below a folder of its own, and leaves nothing: the engine has then compiled the steps and the thread pool is up, which spares the true push about half of its time. What fails here is of no consequence; the true one will tell.
 */
export async function rehearse(scratch: string, instance: Instance): Promise<void> {
  const folder = join(scratch, 'rehearsal');
  try {
    await mkdir(folder, { recursive: true });
    await pushOnce(folder, instance);
  } catch {
    // As said above.
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function pushOnce(folder: string, instance: Instance): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { digest, bytes } = somePackage();
  const stand = {
    owner: null,
    check: () => 'load' as const,
    drain: async () => 0,
    async push(_act: unknown, { package: expected }: { package: { digest: string; size: number } }, received: Buffer): Promise<PushResult> {
      await Promise.all([writeMarker(folder, OWNER), unpackTo(join(folder, 'code'), decodePackage(received, expected))]);
      return { content: digest, generation: 1, timings: { codeMs: 0, dependenciesMs: 0, initMs: 0 } };
    },
  };
  const orders = new Orders({ instance: stand, instanceId: OWNER.name, key: publicKey, now: Date.now });
  const server = createControlServer({ instance, orders, renderStatus: async () => ({}) });
  const [client, connection] = duplexPair();
  server.emit('connection', connection as unknown as Socket);
  const body = Buffer.concat([Buffer.from(`${documentLine(digest, bytes.length)}\n`), bytes]);
  client.write(
    [
      `POST ${CONTROL_PATHS.specialize} HTTP/1.1`,
      'host: localhost',
      `authorization: Bearer ${token(privateKey, digest)}`,
      `content-length: ${body.length}`,
      'connection: close',
      '',
      '',
    ].join('\r\n'),
  );
  client.write(body);
  await finished(client.resume(), { writable: false });
  server.close();
}

function somePackage(): { digest: string; bytes: Buffer } {
  const text = 'export {};\n'.padEnd(BALLAST);
  const bytes = Buffer.from(`{"format":1,"files":[{"path":"index.js","size":${text.length}}]}\n${text}`);
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

function token(key: KeyObject, digest: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: TOKEN_ISSUER, aud: OWNER.name, act: 'specialize', sub: OWNER.uid, epoch: 1, exp: Math.ceil(Date.now() / 1000) + 60, digest };
  const signed = `${part({ alg: 'EdDSA', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

function documentLine(digest: string, size: number): string {
  const limits = { concurrency: 1, timeoutMs: 1000, maxBodyBytes: 1024 };
  return JSON.stringify({
    function: OWNER,
    generation: 1,
    content: digest,
    package: { digest, size },
    handler: 'index.handler',
    signature: 'event',
    mode: 'thread',
    ...limits,
    env: {},
  });
}
