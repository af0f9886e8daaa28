import { spawnSync } from 'node:child_process';
import type { Architecture } from './platform.ts';
import { pipMissing } from './python-pip.ts';

/** What wheels have to fit. Equal targets take equal wheels. */
export interface PythonTarget {
  /** `3.13` */
  readonly version: string;
  /** Tags of the platforms that fit, the best first; empty for that of the interpreter that installs. */
  readonly platforms: readonly string[];
  /** For people: `linux/amd64`. */
  readonly name: string;
}

/** Of the runtime image; a test keeps it equal to its Containerfile. */
export const IMAGE_PYTHON = '3.13';
/** Newest glibc that the runtime image has: Debian 12. A wheel for an older one fits, too (PEP 600). */
const IMAGE_GLIBC_MINOR = 36;
const OLDEST_GLIBC_MINOR = 17;
const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' } as const;
const PROBE = 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2]); print(sysconfig.get_platform())';

/** The runtime image on nodes of this architecture. */
export function imageTarget(architecture: Architecture): PythonTarget {
  const machine = MACHINES[architecture];
  const glibc = Array.from({ length: IMAGE_GLIBC_MINOR - OLDEST_GLIBC_MINOR + 1 }, (_, index) => IMAGE_GLIBC_MINOR - index);
  const platforms = [...glibc.map((minor) => `manylinux_2_${minor}_${machine}`), `manylinux2014_${machine}`, `linux_${machine}`];
  return { version: IMAGE_PYTHON, platforms, name: `linux/${architecture}` };
}

/** An interpreter on this machine. @throws PlatformError TOOLCHAIN_MISSING */
export function machineTarget(python: string): PythonTarget {
  const { status, stdout, error } = spawnSync(python, ['-c', PROBE], { encoding: 'utf8' });
  const [version = '', name = ''] = stdout?.split('\n') ?? [];
  if (status !== 0 || name === '') throw pipMissing(python, error?.message ?? 'it does not tell its version');
  return { version, platforms: [], name };
}
