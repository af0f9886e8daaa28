import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePart } from './cache.ts';
import { DEBIAN_PACKAGES } from './plan.ts';

/** A private copy of Debian packages, to be run in place. */
export interface Packages {
  /** Unpacked as the system would have it. */
  readonly root: string;
  /** Starters by the program's name, which find their libraries in `root`. */
  readonly bin: string;
  /** CNI plugins. */
  readonly cni: string;
}

/** Where the programs are in the packages; a starter is made for each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  conntrack: 'usr/sbin/conntrack',
  containerd: 'usr/bin/containerd',
  'containerd-shim-runc-v2': 'usr/bin/containerd-shim-runc-v2',
  ctr: 'usr/bin/ctr',
  debootstrap: 'usr/sbin/debootstrap',
  ip: 'sbin/ip',
  iptables: 'usr/sbin/iptables-nft',
  'iptables-restore': 'usr/sbin/iptables-nft-restore',
  'iptables-save': 'usr/sbin/iptables-nft-save',
  ip6tables: 'usr/sbin/ip6tables-nft',
  'ip6tables-restore': 'usr/sbin/ip6tables-nft-restore',
  'ip6tables-save': 'usr/sbin/ip6tables-nft-save',
  openssl: 'usr/bin/openssl',
  runc: 'usr/bin/runc',
};

type Unpack = (options: { packages: readonly string[]; work: string; into: string; dependencies: boolean }) => Promise<void>;

/** Fetches the packages once, with what they need and the system lacks. Nothing is installed, no service is started, nothing outside of `cache` changes. */
export async function ensurePackages(cache: string, say: (line: string) => void): Promise<Packages> {
  const recipe = JSON.stringify([DEBIAN_PACKAGES, PROGRAMS, starter.toString()]);
  const folder = await ensurePart({ cache, name: 'packages', recipe, build: (work, folder) => fetchPackages(work, folder, say) });
  return { root: join(folder, 'root'), bin: join(folder, 'bin'), cni: join(folder, 'root', 'usr', 'lib', 'cni') };
}

async function fetchPackages(work: string, folder: string, say: (line: string) => void): Promise<void> {
  say(`fetching ${DEBIAN_PACKAGES.join(', ')}`);
  const shared = new URL('../../../bootstrap/debian.mjs', import.meta.url);
  const { unpackDebianPackages } = (await import(shared.href)) as { unpackDebianPackages: Unpack };
  const fetched = join(work, 'fetched');
  await unpackDebianPackages({ packages: DEBIAN_PACKAGES, work: fetched, into: join(work, 'root'), dependencies: true });
  rmSync(fetched, { recursive: true });
  mkdirSync(join(work, 'bin'));
  for (const [name, path] of Object.entries(PROGRAMS)) {
    const file = join(work, 'bin', name);
    writeFileSync(file, starter(folder, path));
    chmodSync(file, 0o755);
  }
}

/** Runs a program where it was unpacked. It forks nothing: runc starts several times a pod. */
function starter(folder: string, path: string): string {
  const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const lib = `${folder}/root/usr/lib/${machine}`;
  return `#!/bin/sh
export LD_LIBRARY_PATH="${lib}:${folder}/root/lib/${machine}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export XTABLES_LIBDIR="${lib}/xtables" DEBOOTSTRAP_DIR="${folder}/root/usr/share/debootstrap"
export PATH="${folder}/bin:$PATH:/usr/sbin:/sbin"
exec "${folder}/root/${path}" "$@"
`;
}
