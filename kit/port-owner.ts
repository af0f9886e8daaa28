import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** The process that listens on a TCP port of this machine, as far as the system tells; undefined where it does not. */
export async function findPortOwner(port: number): Promise<{ pid: number; name: string } | undefined> {
  try {
    return process.platform === 'linux' ? await ownerFromProc(port) : await ownerFromLsof(port);
  } catch {
    return undefined;
  }
}

async function ownerFromProc(port: number): Promise<{ pid: number; name: string } | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')));
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`));
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const fd of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!inodes.has(target)) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return { pid: Number(pid), name: command.replaceAll('\0', ' ').trim().slice(0, 120) };
    }
  }
  return undefined;
}

/** Columns of /proc/net/tcp (Linux, Documentation/networking/proc_net_tcp): 1 local address, 3 state (0A = listen), 9 inode. */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === '0A')
    .flatMap((columns) => columns[9] ?? []);
}

async function ownerFromLsof(port: number): Promise<{ pid: number; name: string } | undefined> {
  const text = await new Promise<string>((resolve, reject) => {
    execFile('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 2000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
  const pid = /^p(\d+)$/m.exec(text)?.[1];
  return pid === undefined ? undefined : { pid: Number(pid), name: /^c(.+)$/m.exec(text)?.[1] ?? 'unknown' };
}
