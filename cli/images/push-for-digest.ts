import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/)/;

/** Pushes with podman or buildah. As with docker, a registry on this machine needs no TLS. */
export async function pushForDigest(program: string, tag: string, reference: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fib-push-'));
  const file = join(folder, 'digest');
  try {
    const plain = LOOPBACK.test(reference) ? ['--tls-verify=false'] : [];
    await runProgram(program, ['push', '--digestfile', file, ...plain, tag, `docker://${reference}`]);
    return (await readFile(file, 'utf8')).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
