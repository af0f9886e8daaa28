import type { Fleet } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { Store } from '../../kit/store/store.ts';
import type { ScalerConfig } from '../../protocol/config.ts';
import type { Events } from '../apply/events.ts';
import type { ReadPackage } from '../apply/packages.ts';
import type { Leadership } from '../leader/leader.ts';
import type { SigningKey } from '../leader/signing-key.ts';
import type { Secrets } from '../observe/secrets.ts';
import type { RulesTarget } from '../rules/rules-target.ts';

/** Everything of a scaler that differs between one machine and a cluster. */
export interface World {
  /** Several parts watch the same kind: what is there is held once for all of them. */
  readonly store: Store;
  readonly fleet: Fleet;
  readonly leadership: Leadership;
  readonly key: SigningKey;
  /** Shared with gateways and the CLI. */
  readonly internalToken: string;
  readonly readPackage: ReadPackage;
  /** Where Prometheus gets its rules from; absent: no scaling by rules. */
  readonly rules?: RulesTarget | undefined;
  /** Where operators look; absent: the log alone. */
  readonly events?: Events;
  openSecrets(hooks: SecretHooks): Promise<Secrets>;
  /** The leader serves: whoever looks for it is to find it. */
  announce(port: number): Promise<void>;
  close(): Promise<void>;
}

export interface SecretHooks {
  /** Values are other than before. */
  onChange(): void;
  /** Secrets that Functions name now. */
  named(): Iterable<{ readonly namespace: string; readonly name: string }>;
}

export interface WorldOptions {
  readonly config: ScalerConfig;
  readonly log: Log;
  /** Of the process: the API server's address in a pod is there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It is set up and waits to lead. */
  onStandby(): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}
