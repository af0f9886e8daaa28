import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NETWORK } from './plan.ts';
import type { Program } from './process.ts';

/** What the control plane is started with. */
export interface ControlPlane {
  /** Programs by name. */
  readonly bin: string;
  readonly state: string;
  readonly log: string;
}

export const API_SERVER = 'kube-apiserver';
/** Answers `/health`. */
export const ETCD = 'http://127.0.0.1:12379';

/** Programs that run on the machine itself, in the order of their start. No one elects a leader: there is one of each, and an API server that is gone for a while must not end them. */
export function controlPlanePrograms(plane: ControlPlane): [etcd: Program, apiServer: Program, ...controllers: Program[]] {
  const file = (name: string) => join(plane.bin, name);
  const pki = (name: string) => join(plane.state, 'pki', name);
  const asClient = (name: string) =>
    ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map((flag) => `--${flag}=${pki(`${name}.kubeconfig`)}`);
  return [
    { name: 'etcd', file: file('etcd'), args: etcdFlags(plane) },
    { name: API_SERVER, file: file(API_SERVER), args: apiServerFlags(plane, pki) },
    {
      name: 'kube-controller-manager',
      file: file('kube-controller-manager'),
      args: [
        ...asClient('kube-controller-manager'),
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        '--secure-port=0',
        '--use-service-account-credentials',
        `--root-ca-file=${pki('ca.crt')}`,
        `--service-account-private-key-file=${pki('service-accounts.key')}`,
      ],
    },
    {
      name: 'kube-scheduler',
      file: file('kube-scheduler'),
      args: [...asClient('kube-scheduler'), '--leader-elect=false', '--bind-address=127.0.0.1', '--secure-port=0'],
    },
  ];
}

function etcdFlags({ state }: ControlPlane): string[] {
  const peers = 'http://127.0.0.1:12380';
  return [
    `--data-dir=${join(state, 'etcd')}`,
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerFlags({ state, log }: ControlPlane, pki: (name: string) => string): string[] {
  return [
    `--bind-address=${NETWORK.host}`,
    `--advertise-address=${NETWORK.host}`,
    `--secure-port=${NETWORK.apiPort}`,
    `--etcd-servers=${ETCD}`,
    `--service-cluster-ip-range=${NETWORK.services}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged',
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    `--kubelet-client-certificate=${pki('apiserver-kubelet.crt')}`,
    `--kubelet-client-key=${pki('apiserver-kubelet.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--service-account-issuer=https://kubernetes.default.svc.${NETWORK.domain}`,
    `--service-account-key-file=${pki('service-accounts.pub')}`,
    `--service-account-signing-key-file=${pki('service-accounts.key')}`,
    `--audit-policy-file=${auditPolicy(state)}`,
    `--audit-log-path=${join(log, 'audit.log')}`,
    '--audit-log-maxsize=200',
    '--audit-log-maxbackup=1',
  ];
}

/** Every request of a service account, without bodies: enough to compare rights granted with rights used. */
function auditPolicy(state: string): string {
  const file = join(state, 'audit-policy.json');
  mkdirSync(state, { recursive: true });
  const rules = [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }];
  writeFileSync(file, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }));
  return file;
}
