import { loadavg } from 'node:os';

/** `load 3.1`: how many processes of this machine ran or waited to, over the last minute. Figures are read with it. */
export function machineLoad(): string {
  return `load ${loadavg()[0]?.toFixed(1)}`;
}
