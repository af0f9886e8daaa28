import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterFolders } from '../../cluster/machine/folders.ts';
import { ensureS3Server } from '../../cluster/machine/programs.ts';
import { freePort } from '../../free-port.ts';

/** A real S3 server, whose buckets are folders. */
export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  makeBucket(name: string): void;
  removeBucket(name: string): void;
  /** Keys of a bucket's objects. */
  keys(bucket: string): string[];
  read(bucket: string, key: string): Buffer;
  /** Changes an object behind the server's back. */
  damage(bucket: string, key: string, bytes: Uint8Array): void;
  /** As a lifecycle rule does. */
  remove(bucket: string, key: string): void;
  stop(): Promise<void>;
  /** On the same port, with what was there. */
  start(): Promise<void>;
  /** Stops it, and removes everything. */
  close(): Promise<void>;
}

const KEYS = { accessKeyId: 'TESTACCESSKEYID', secretAccessKey: 'test/secret+access/key' };
const REGION = 'eu-test-1';

/** Builds the server first, where it was not built before. @param address to listen at; @default 127.0.0.1 */
export async function startS3Server(address = '127.0.0.1'): Promise<S3Server> {
  const program = join(await ensureS3Server({ cache: clusterFolders().cache, say: () => undefined }), 's3');
  const dir = mkdtempSync(join(tmpdir(), 'fib-s3-'));
  const [buckets, metadata] = [join(dir, 'buckets'), join(dir, 'metadata')];
  for (const folder of [buckets, metadata]) mkdirSync(folder);
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async () => {
    const env = { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey, VIRTUAL_DOMAIN: 'localhost' };
    child = spawn(program, [`${address}:${port}`, buckets, metadata, REGION], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    await untilOpen(address, port, child);
  };
  const stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  return {
    ...KEYS,
    endpoint: `http://${address}:${port}`,
    region: REGION,
    makeBucket: (name) => void mkdirSync(join(buckets, name)),
    removeBucket: (name) => rmSync(join(buckets, name), { recursive: true }),
    keys: (bucket) => readdirSync(join(buckets, bucket), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pkg')),
    read: (bucket, key) => readFileSync(join(buckets, bucket, key)),
    damage: (bucket, key, bytes) => writeFileSync(join(buckets, bucket, key), bytes),
    remove: (bucket, key) => rmSync(join(buckets, bucket, key)),
    start,
    stop,
    async close() {
      await stop();
      if (existsSync(dir)) rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function untilOpen(address: string, port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, address);
    const open = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
    socket.destroy();
    if (open) return;
    await sleep(20);
  }
  throw new Error(`the S3 server ended with ${child.exitCode}`);
}
