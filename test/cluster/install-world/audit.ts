import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { KubernetesObject } from '../../../constructs/synth/object.ts';
import type { Installed } from '../install.ts';

/** What the platform's accounts did at the API server, from its audit log, beside what their Roles let them do. Rights are written `fibonacci-scaler patch functions.fibonacci.dev/status`. */
export interface AccessReport {
  readonly used: ReadonlySet<string>;
  readonly granted: ReadonlySet<string>;
  /** Requests that were answered with 403, as the API server saw them. */
  readonly denied: readonly string[];
}

interface Entry {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly apiGroup?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code: number };
}

export async function readAccess({ cluster, system, platformObjects }: Installed): Promise<AccessReport> {
  const prefix = `system:serviceaccount:${system}:`;
  const used = new Set<string>();
  const denied: string[] = [];
  for await (const line of createInterface({ input: createReadStream(cluster.auditLog) })) {
    // The last line may not be whole yet.
    if (!line.includes(prefix) || !line.endsWith('}')) continue;
    const entry = JSON.parse(line) as Entry;
    if (!entry.user.username.startsWith(prefix) || !entry.objectRef?.resource) continue;
    const account = entry.user.username.slice(prefix.length);
    if (entry.responseStatus?.code === 403) denied.push(`${account} ${entry.verb} ${entry.requestURI}`);
    used.add(right(account, entry.verb, entry.objectRef));
    // What is applied and was not there is created, for which both rights are asked.
    if (entry.verb === 'patch' && entry.responseStatus?.code === 201) used.add(right(account, 'create', entry.objectRef));
  }
  return { used, granted: new Set(platformObjects.flatMap(grantsOf)), denied };
}

function grantsOf(object: KubernetesObject): string[] {
  if (object.kind !== 'Role' && object.kind !== 'ClusterRole') return [];
  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }
  const account = object.metadata.name.split('.')[0] ?? '';
  return (object['rules'] as readonly Rule[]).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((apiGroup) =>
      resources.flatMap((name) => {
        const [resource = '', subresource] = name.split('/');
        return verbs.map((verb) => right(account, verb, { apiGroup, resource, ...(subresource !== undefined && { subresource }) }));
      }),
    ),
  );
}

function right(account: string, verb: string, { resource = '', apiGroup = '', subresource }: NonNullable<Entry['objectRef']>): string {
  return `${account} ${verb} ${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
