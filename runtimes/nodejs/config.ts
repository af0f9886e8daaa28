import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Config {
  readonly instance: string;
  readonly scratch: string;
  /** The scaler's Ed25519 key: 32 raw bytes, base64url. */
  readonly publicKey: string;
  readonly host: string;
  readonly dataPort: number;
  readonly controlPort: number;
  readonly memoryLimitBytes: number | undefined;
}

export type ConfigResult = { readonly kind: 'ok'; readonly config: Config } | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Reads the watcher's environment (W1.1). Problems name the variable and the rule, never the value (W1.4). */
export function parseConfig(env: NodeJS.ProcessEnv, folderProblem: (path: string) => string | undefined = writableProblem): ConfigResult {
  const problems: string[] = [];
  const instance = env['FIB_INSTANCE'] ?? '';
  if (!/^[A-Za-z0-9._:/-]{1,253}$/.test(instance)) problems.push('FIB_INSTANCE must be the instance’s id: 1 to 253 of A-Z a-z 0-9 . _ : / -');
  const scratch = env['FIB_SCRATCH'] ? resolve(env['FIB_SCRATCH']) : '';
  const scratchProblem = scratch ? folderProblem(scratch) : 'must be set';
  if (scratchProblem) problems.push(`FIB_SCRATCH must be a writable folder: ${scratchProblem}`);
  const publicKey = env['FIB_PUBLIC_KEY'] ?? '';
  if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey) || Buffer.from(publicKey, 'base64url').length !== 32) {
    problems.push('FIB_PUBLIC_KEY must be an Ed25519 public key: 32 bytes, base64url');
  }
  const dataPort = parsePort('FIB_DATA_PORT', env['FIB_DATA_PORT'], 8080, problems);
  const controlPort = parsePort('FIB_CONTROL_PORT', env['FIB_CONTROL_PORT'], 8081, problems);
  const memoryLimitBytes = parseMemory(env['FIB_MEMORY_LIMIT_BYTES'], problems);
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'ok', config: Object.freeze({ instance, scratch, publicKey, host: env['FIB_HOST'] || '0.0.0.0', dataPort, controlPort, memoryLimitBytes }) };
}

function parsePort(name: string, text: string | undefined, fallback: number, problems: string[]): number {
  if (text === undefined || text === '') return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65535)) problems.push(`${name} must be a port: 0 to 65535`);
  return port;
}

function parseMemory(text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined || text === '') return undefined;
  const bytes = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (bytes < 1) problems.push('FIB_MEMORY_LIMIT_BYTES must be a number of bytes, 1 or more');
  return bytes;
}

function writableProblem(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'it cannot be used';
  }
}
