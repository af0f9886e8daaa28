import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderDns } from './addons.ts';
import { createCertificates } from './certificates.ts';
import { createCgroup, removeCgroup } from './cgroups.ts';
import { command } from './command.ts';
import { controlPlanePrograms, ETCD } from './control-plane.ts';
import type { Folders } from './folders.ts';
import { ensureBaseImage, ensureSystemImages } from './images.ts';
import { cgroupOf, insideNode, type NodeOptions, nodeProgram, nodePrograms } from './node.ts';
import { ensurePackages, type Packages } from './packages.ts';
import { NODES, type NodePlan } from './plan.ts';
import { ensureProcess, forgetEnded, type Program, recordedProcesses, runningPid, stopProcess } from './process.ts';
import { ensurePrograms, type Programs } from './programs.ts';
import { renderStorageClass } from './volumes/claims.ts';
import { connectNodes, findConflict } from './wires.ts';

type Say = (line: string) => void;

interface Parts {
  readonly folders: Folders;
  readonly packages: Packages;
  readonly programs: Programs;
  /** Archives of what the cluster itself runs. */
  readonly images: readonly string[];
}

/** Builds what is not built, which takes minutes where nothing is, and starts nothing. */
export async function prepareMachineCluster(folders: Folders, say: Say, inBackground = false): Promise<void> {
  const { packages } = await ensureParts(folders, say, inBackground);
  await ensureBaseImage(folders.cache, packages, say);
}

/** Starts what does not run of the cluster on this machine, after building what is not built. Resolves when both nodes and the DNS are ready, with the kubeconfig as a file that ends in `.new`. */
export async function ensureMachineCluster(folders: Folders, say: Say): Promise<void> {
  const parts = await ensureParts(folders, say);
  forgetEnded(folders);
  if (NODES.some(({ name }) => runningPid(folders, name) === undefined)) await startAfresh(parts);
  say('starting Kubernetes');
  const admin = join(folders.state, 'pki', 'admin.kubeconfig');
  const kubectl = (args: readonly string[], input?: string) =>
    command(join(folders.bin, 'kubectl'), ['--kubeconfig', admin, ...args], { ...(input === undefined ? {} : { input }) });
  await Promise.all([startControlPlane(folders, kubectl), ...NODES.map((plan) => ensureNode(parts, plan))]);
  for (const object of [renderDns(), renderStorageClass()]) await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(object));
  await until(() => kubectl(['wait', 'node', ...NODES.map(({ name }) => name), '--for=condition=Ready', '--timeout=1s']), 'the nodes', folders);
  await until(() => kubectl(['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=5s']), 'the DNS', folders);
  const base = await ensureBaseImage(folders.cache, parts.packages, say);
  await Promise.all(NODES.map((plan) => importImage(folders, plan, base)));
  await ensureProcess(folders, helpers(folders, admin));
  copyFileSync(admin, `${folders.kubeconfig}.new`);
}

/** Whether every process of the cluster runs and the kubeconfig is there. */
export function isMachineClusterUp(folders: Folders): boolean {
  const names = recordedProcesses(folders);
  return existsSync(folders.kubeconfig) && names.length > 0 && names.every((name) => runningPid(folders, name) !== undefined);
}

/** Ends every process and removes what they left: kernel objects go with the nodes' namespaces, cgroups and files by hand. */
export async function removeMachineCluster(folders: Folders): Promise<void> {
  rmSync(folders.kubeconfig, { force: true });
  // A node's first process takes all others of it along.
  await Promise.all(recordedProcesses(folders).map((name) => stopProcess(folders, name, 'SIGKILL')));
  await removeCgroup(dirname(cgroupOf(NODES[0])));
  for (const folder of [folders.state, folders.run, folders.bin]) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Imports an archive (OCI or docker) under the names that it holds. */
export async function importImage(folders: Folders, plan: NodePlan, archive: string): Promise<void> {
  await command(join(folders.bin, `ctr-${plan.name}`), ['images', 'import', '--digests=false', archive]);
}

/** A process of ours for what Kubernetes leaves to others. */
function helpers({ bin }: Folders, kubeconfig: string): Program {
  return { name: 'helpers', file: process.execPath, args: [join(import.meta.dirname, 'helpers.ts'), kubeconfig, bin] };
}

async function ensureParts(folders: Folders, say: Say, inBackground = false): Promise<Parts> {
  const { cache } = folders;
  const packages = await ensurePackages(cache, say);
  const programs = await ensurePrograms({ cache, say, inBackground });
  return { folders, packages, programs, images: await ensureSystemImages(cache, programs) };
}

async function startAfresh({ folders, packages, programs }: Parts): Promise<void> {
  await removeMachineCluster(folders);
  const ip = join(packages.bin, 'ip');
  const conflict = await findConflict(ip);
  if (conflict !== undefined) throw new Error(conflict);
  rmSync(folders.log, { recursive: true, force: true });
  await createCertificates(join(folders.state, 'pki'), join(packages.bin, 'openssl'));
  linkPrograms(folders, packages, programs);
  const pids: number[] = [];
  for (const plan of NODES) {
    createCgroup(cgroupOf(plan));
    const pid = await ensureProcess(folders, nodeProgram(nodeOptions({ folders, packages }, plan), join(programs.services, 'pause')));
    writeNodeTools(folders, packages, plan, pid);
    pids.push(pid);
  }
  // Its script has done its work once it has become what it ends as.
  await until(() => pids.every((pid) => isNamed(pid, 'pause')), 'the nodes’ namespaces', folders);
  await connectNodes(ip, [pids[0] ?? 0, pids[1] ?? 0]);
}

/** One after the other: each gives up soon when what it talks to is not there yet. */
async function startControlPlane(folders: Folders, kubectl: (args: readonly string[]) => Promise<string>): Promise<void> {
  const [etcd, apiServer, ...controllers] = controlPlanePrograms(folders);
  await ensureProcess(folders, etcd);
  await until(async () => (await fetch(`${ETCD}/health`)).ok, 'etcd', folders);
  await ensureProcess(folders, apiServer);
  await until(() => kubectl(['get', '--raw', '/readyz']), 'the API server', folders);
  for (const program of controllers) await ensureProcess(folders, program);
}

async function ensureNode(parts: Parts, plan: NodePlan): Promise<void> {
  const { folders } = parts;
  const pid = runningPid(folders, plan.name) ?? 0;
  const [containerd, ...rest] = nodePrograms(nodeOptions(parts, plan), pid) as [Program, ...Program[]];
  await ensureProcess(folders, containerd);
  await until(() => command(join(folders.bin, `ctr-${plan.name}`), ['version']), `containerd of ${plan.name}`, folders);
  for (const image of parts.images) await importImage(folders, plan, image);
  for (const program of rest) await ensureProcess(folders, program);
}

function nodeOptions({ folders, packages }: Pick<Parts, 'folders' | 'packages'>, plan: NodePlan): NodeOptions {
  return { plan, bin: folders.bin, tools: packages.bin, cni: packages.cni, pki: join(folders.state, 'pki'), state: join(folders.state, plan.name) };
}

/** All programs by name in one folder. */
function linkPrograms(folders: Folders, packages: Packages, { kubernetes, services }: Programs): void {
  rmSync(folders.bin, { recursive: true, force: true });
  mkdirSync(folders.bin, { recursive: true });
  const link = (name: string, file: string) => symlinkSync(file, join(folders.bin, name));
  for (const server of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet']) link(server, join(kubernetes, 'node'));
  link('kubectl', join(kubernetes, 'kubectl'));
  link('etcd', join(services, 'etcd'));
  for (const tool of ['conntrack', 'iptables', 'ip', 'openssl']) link(tool, join(packages.bin, tool));
}

/** `ctr-<node>` speaks to the containerd of a node, `in-<node>` runs any program inside it. */
function writeNodeTools(folders: Folders, packages: Packages, plan: NodePlan, pid: number): void {
  const tools = { [`ctr-${plan.name}`]: [join(packages.bin, 'ctr'), '-n', 'k8s.io'], [`in-${plan.name}`]: [] };
  for (const [name, [file = '"$@"', ...args]] of Object.entries(tools)) {
    const inside = insideNode(pid, file, args);
    const tail = file === '"$@"' ? '' : ' "$@"';
    writeFileSync(join(folders.bin, name), `#!/bin/sh\nPATH="${packages.bin}:$PATH" exec ${[inside.file, ...inside.args].join(' ')}${tail}\n`);
    chmodSync(join(folders.bin, name), 0o755);
  }
}

function isNamed(pid: number, name: string): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name;
}

/** Tries until it works. @throws Error with the last reason, what has ended meanwhile, and where the logs are */
async function until(attempt: () => unknown, what: string, folders: Folders, timeoutMs = 240_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      if ((await attempt()) !== false) return;
      throw new Error('not yet');
    } catch (error) {
      const ended = recordedProcesses(folders).filter((name) => runningPid(folders, name) === undefined);
      if (ended.length > 0) throw new Error(`${ended.join(', ')} ended; see ${folders.log}`, { cause: error });
      if (Date.now() > deadline)
        throw new Error(`${what} did not become ready within ${timeoutMs / 1000} s (${(error as Error).message}); see ${folders.log}`, { cause: error });
    }
    await sleep(200);
  }
}
