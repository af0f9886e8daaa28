import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createListener, type Server } from 'node:net';
import { poolTemplate } from '../../../../kit/fleet/template.ts';
import { renderAssignment } from '../../../../kit/fleet/kubernetes/assignment.ts';
import { renderWorkload } from '../../../../kit/fleet/kubernetes/workload.ts';
import { type KubernetesClient, PATCH_TYPES, resourcePath } from '../../../../kit/kubernetes/client.ts';
import { CONTROL_PATHS, LABELS, POD_PORTS } from '../../../../protocol/names.ts';
import type { PodPoolResource, RevisionResource } from '../../../../protocol/schema/resources.ts';
import { parseWorkloads } from '../../../../protocol/workloads.ts';
import { inParallel } from '../../../../kit/in-parallel.ts';

/** A node without a kubelet: its pods are objects that are made ready by hand, and this process answers for their watchers. */
export interface FakeNode {
  /** A ready pod that serves the revision, as the scaler leaves one that it took from the pool. */
  addPods(revisions: readonly RevisionResource[]): Promise<void>;
  close(): Promise<void>;
}

const LEASE_SECONDS = 40;
const HEARTBEAT_MS = 5000;
const WIDTH = 16;

/** `10.x` would lead to other machines: all of 127/8 is this one. */
const addressOf = (index: number) => `127.77.${index >> 8}.${index & 255}`;

export async function createFakeNode(client: KubernetesClient, name: string, pool: PodPoolResource): Promise<FakeNode> {
  await client.request('POST', resourcePath({ version: 'v1', plural: 'nodes' }), { body: nodeObject(name) });
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' } };
  const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace: 'kube-node-lease' };
  const spec = () => ({ holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: `${new Date().toISOString().slice(0, -1)}000Z` });
  await client.request('POST', resourcePath(leases), { body: { ...lease, spec: spec() } });
  const beat = async () => {
    await client.request('PATCH', resourcePath({ ...leases, name }), { body: { spec: spec() }, contentType: PATCH_TYPES.merge });
    await client.request('PATCH', resourcePath({ version: 'v1', plural: 'nodes', name, subresource: 'status' }), {
      body: { status: { conditions: [readyCondition('KubeletReady')] } },
      contentType: PATCH_TYPES.merge,
    });
  };
  await beat();
  const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT_MS);
  const revisionsByAddress = new Map<string, RevisionResource>();
  const listeners: Server[] = [];
  const namespace = pool.metadata.namespace;
  const pods = resourcePath({ version: 'v1', plural: 'pods', namespace });

  return {
    async addPods(revisions) {
      const first = revisionsByAddress.size;
      await inParallel(revisions.entries(), WIDTH, async ([offset, revision]) => {
        const address = addressOf(first + offset);
        revisionsByAddress.set(address, revision);
        listeners.push(...(await listen(address, revision, namespace)));
        const pod = podObject(`${pool.metadata.name}-${first + offset}`, name, pool, revision);
        await client.request('POST', pods, { body: pod });
        await client.request('PATCH', `${pods}/${pod.metadata.name}/status`, { body: { status: readyStatus(address) }, contentType: PATCH_TYPES.merge });
      });
    },
    async close() {
      clearInterval(timer);
      await client.request('DELETE', pods, { query: { gracePeriodSeconds: 0, fieldSelector: `spec.nodeName=${name}` }, timeoutMs: 120_000 });
      await client.request('DELETE', resourcePath({ version: 'v1', plural: 'nodes', name }));
      await client.request('DELETE', resourcePath({ ...leases, name })).catch(() => undefined);
      for (const listener of listeners) listener.close();
    },
  };
}

/** Data and control port of one instance. */
async function listen(address: string, { spec }: RevisionResource, namespace: string): Promise<Server[]> {
  const status = JSON.stringify({
    state: 'ready',
    function: { namespace, name: spec.function, uid: spec.functionUid },
    content: spec.content,
    generation: 1,
    lastError: null,
  });
  const answer = (text: string) => (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.end(text);
  };
  const control = answer(status);
  const onControl = (request: IncomingMessage, response: ServerResponse) =>
    request.url === CONTROL_PATHS.status ? control(request, response) : answer('{}')(request, response);
  const open = (port: number, listener: (request: IncomingMessage, response: ServerResponse) => void) => {
    const http = createServer(listener);
    const server = createListener((socket) => void http.emit('connection', socket));
    return new Promise<Server>((resolve, reject) => server.once('error', reject).listen(port, address, () => resolve(server)));
  };
  return [await open(POD_PORTS.data, answer('"ok"')), await open(POD_PORTS.control, onControl)];
}

/** What `renderWorkload` makes of the pool, after the patch that gives it to a function. */
function podObject(name: string, nodeName: string, pool: PodPoolResource, { metadata, spec }: RevisionResource) {
  const template = poolTemplate(pool);
  const workloads = parseWorkloads(JSON.stringify({ images: { nodejs: 'nowhere', python: 'nowhere' } }));
  const rendered = renderWorkload(template, { workloads, publicKey: 'none' }).spec.template;
  const assignment = {
    function: { namespace: metadata.namespace, name: spec.function, uid: spec.functionUid },
    revision: { name: metadata.name, uid: metadata.uid ?? '' },
    content: spec.content,
  };
  const changes = renderAssignment({ resourceVersion: '', template, workload: '' }, assignment);
  const added = (folder: string) =>
    Object.fromEntries(
      changes.filter(({ op, path }) => op === 'add' && path.startsWith(`/metadata/${folder}/`)).map(({ path, value }) => [unescape(path), value]),
    );
  const { [LABELS.workload]: _left, ...labels } = rendered.metadata.labels;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { ...labels, ...added('labels') },
      annotations: { ...rendered.metadata.annotations, ...added('annotations') },
      ownerReferences: changes.find(({ path }) => path === '/metadata/ownerReferences')?.value,
    },
    spec: { ...rendered.spec, nodeName, tolerations: [{ operator: 'Exists' }] },
  };
}

/** The last part of a JSON pointer. */
function unescape(pointer: string): string {
  return (pointer.split('/').at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}

function readyStatus(podIP: string): object {
  const startedAt = new Date().toISOString();
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: startedAt,
    conditions: conditions.map((type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: startedAt })),
    containerStatuses: [
      { name: 'watcher', image: 'nowhere', imageID: 'nowhere', ready: true, started: true, restartCount: 0, state: { running: { startedAt } }, lastState: {} },
    ],
  };
}

function readyCondition(reason: string): object {
  const now = new Date().toISOString();
  return { type: 'Ready', status: 'True', reason, message: '', lastHeartbeatTime: now, lastTransitionTime: now };
}

/** Nobody else's pods come here. */
function nodeObject(name: string): object {
  const taints = [{ key: 'fibonacci.dev/bench', effect: 'NoSchedule' }];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { taints },
    status: { capacity: { pods: '5000' }, allocatable: { pods: '5000', cpu: '1000', memory: '4Ti' } },
  };
}
