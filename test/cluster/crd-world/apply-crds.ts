import { setTimeout as sleep } from 'node:timers/promises';
import { serverSideApply } from '../../../kit/kubernetes/apply.ts';
import { type KubernetesClient, resourcePath } from '../../../kit/kubernetes/client.ts';
import { renderCrd } from '../../../protocol/crd.ts';
import { KINDS, type KindName } from '../../../protocol/schema/resources.ts';

interface Crd {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Applies the CRDs as `kubectl apply --server-side` does and waits until all are Established. */
export async function applyCrds(client: KubernetesClient): Promise<void> {
  await Promise.all(
    (Object.keys(KINDS) as KindName[]).map(async (kind) => {
      const crd = renderCrd(kind) as Crd;
      const path = resourcePath({ group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', name: crd.metadata.name });
      await serverSideApply(client, path, crd, { fieldManager: 'kubectl' });
      for (let attempt = 0; ; attempt++) {
        const { status } = await client.request<Crd>('GET', path);
        if (status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True')) return;
        if (attempt === 100) throw new Error(`${crd.metadata.name} is not Established after 10 s`);
        await sleep(100);
      }
    }),
  );
}
