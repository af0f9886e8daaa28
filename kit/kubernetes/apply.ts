import { type KubernetesClient, PATCH_TYPES } from './client.ts';

export interface ApplyOptions {
  /** Who owns the fields that are sent (Kubernetes, "Server-Side Apply"). */
  readonly fieldManager: string;
  /** Takes fields that others own. @default true */
  readonly force?: boolean;
  /** Nothing is stored; the answer is what would be. @default false */
  readonly dryRun?: boolean;
  /** Whether unknown and doubled fields are refused. @default Strict */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly signal?: AbortSignal;
}

/** Server-side apply of an object to its own path: creates it or sets exactly the fields sent. Returns the object as it is then. @throws KubernetesError, `Conflict` where others own a field and `force` is off */
export async function serverSideApply<T>(client: KubernetesClient, path: string, object: object, options: ApplyOptions): Promise<T> {
  const { fieldManager, force = true, dryRun = false, fieldValidation = 'Strict', signal } = options;
  return client.request<T>('PATCH', path, {
    query: { fieldManager, force, fieldValidation, dryRun: dryRun ? 'All' : undefined },
    body: object,
    contentType: PATCH_TYPES.apply,
    ...(signal && { signal }),
  });
}
