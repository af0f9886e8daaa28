import { createHash, type KeyObject } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLoadDocument } from './control/load-document.ts';
import { verifyToken } from './control/token.ts';
import { writeMarker } from './marker.ts';
import { decodePackage } from './package/decode.ts';
import { unpackTo } from './package/unpack.ts';

/**
 * Goes through the steps of a specialization once, below a folder of its own, and leaves nothing: the engine has then compiled them and the thread pool is up, which spares the true one about two milliseconds. What fails here is of no consequence; the true one will tell.
 */
export async function rehearse(scratch: string, key: KeyObject): Promise<void> {
  const folder = join(scratch, 'rehearsal');
  try {
    await mkdir(folder, { recursive: true });
    const text = 'export {};\n';
    const bytes = Buffer.from(`{"format":1,"files":[{"path":"index.js","size":${text.length}}]}\n${text}`);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const owner = { namespace: 'none', name: 'rehearsal', uid: 'none' };
    attempt(() => verifyToken(forgedToken(), { key, instance: '', act: 'specialize', nowMs: 0 }));
    attempt(() => parseLoadDocument(documentLine(owner, digest, bytes.length)));
    await Promise.all([writeMarker(folder, owner), unpackTo(join(folder, 'code'), decodePackage(bytes, { digest, size: bytes.length }))]);
  } catch {
    // As said above.
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Well formed, and signed by nobody. */
function forgedToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `Bearer ${part({ alg: 'EdDSA', typ: 'JWT' })}.${part({})}.${Buffer.alloc(64).toString('base64url')}`;
}

function documentLine(owner: object, digest: string, size: number): string {
  const limits = { concurrency: 1, timeoutMs: 1000, maxBodyBytes: 1024 };
  return JSON.stringify({
    function: owner,
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

function attempt(step: () => unknown): void {
  try {
    step();
  } catch {
    // A refusal is as good as a success here.
  }
}
