import type { KubernetesClient, Query } from './client.ts';

const PAGE_SIZE = 500;

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
  /** @default 500 */
  readonly pageSize?: number;
}

interface Page {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly unknown[] | null;
}

/** All objects of a path, page by page, so that no more than a page is held. Returns the list's version. @throws KubernetesError, also `Expired` when the pages outlived their snapshot */
export async function listPages(client: KubernetesClient, path: string, options: ListOptions, onItem: (item: unknown) => void): Promise<string> {
  const { pageSize = PAGE_SIZE, signal, labelSelector, fieldSelector } = options;
  let next: string | undefined;
  for (;;) {
    const query: Query = { labelSelector, fieldSelector, limit: pageSize, continue: next };
    const page: Page = await client.request<Page>('GET', path, { query, ...(signal && { signal }) });
    page.items?.forEach(onItem);
    next = page.metadata.continue || undefined;
    if (next === undefined) return page.metadata.resourceVersion;
  }
}

/** All objects of a path at once. @throws KubernetesError */
export async function listAll<T>(client: KubernetesClient, path: string, options: ListOptions = {}): Promise<T[]> {
  const items: T[] = [];
  await listPages(client, path, options, (item) => items.push(item as T));
  return items;
}
