/** What compiled code runs on. */
export interface Platform {
  /** As Go names it: `linux`, `darwin` … */
  readonly system: string;
  readonly architecture: Architecture;
}

/** Processors, as Go and container images name them. */
export type Architecture = 'amd64' | 'arm64';

/** Nodes, unless code says otherwise. */
export const CLUSTER_PLATFORM: Platform = { system: 'linux', architecture: 'amd64' };

/** This machine. */
export function ownPlatform(): Platform {
  return { system: process.platform === 'win32' ? 'windows' : process.platform, architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
}
