import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { NETWORK, NODES } from './plan.ts';

interface Identity {
  readonly file: string;
  /** User name. */
  readonly name: string;
  /** Group. */
  readonly group?: string;
  /** Names and addresses that it answers for. */
  readonly serves?: readonly string[];
}

/** Who the parts of a cluster are to each other; names and groups are the ones that Kubernetes gives rights to. */
function identities(): Identity[] {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${NETWORK.domain}`];
  const api = [...service.map((name) => `DNS:${name}`), 'DNS:localhost', `IP:${NETWORK.host}`, `IP:${NETWORK.apiService}`, 'IP:127.0.0.1'];
  const nodes = NODES.flatMap(({ name, address }) => [
    { file: `kubelet-${name}`, name: `system:node:${name}`, group: 'system:nodes' },
    { file: `kubelet-${name}-serving`, name, serves: [`IP:${address}`, `DNS:${name}`] },
  ]);
  return [
    { file: 'apiserver', name: 'kube-apiserver', serves: api },
    { file: 'apiserver-kubelet', name: 'kube-apiserver-kubelet-client', group: 'system:masters' },
    { file: 'admin', name: 'cluster-admin', group: 'system:masters' },
    { file: 'kube-controller-manager', name: 'system:kube-controller-manager' },
    { file: 'kube-scheduler', name: 'system:kube-scheduler' },
    { file: 'kube-proxy', name: 'system:kube-proxy' },
    ...nodes,
  ];
}

/** Writes a certificate authority, a certificate and a kubeconfig for each part, and the key that signs service accounts' tokens. */
export async function createCertificates(folder: string, openssl: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const run = (...args: string[]) => command(openssl, args, { cwd: folder });
  await run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'service-accounts.key');
  await run('ec', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub');
  await run(
    ...newKey('ca'),
    '-x509',
    '-days',
    '3650',
    '-subj',
    '/CN=fibonacci-test-cluster',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
    '-out',
    'ca.crt',
  );
  await Promise.all(identities().map((identity) => createCertificate(folder, run, identity)));
}

async function createCertificate(folder: string, run: (...args: string[]) => Promise<unknown>, { file, name, group, serves }: Identity): Promise<void> {
  const usage = serves ? 'serverAuth' : 'clientAuth';
  const extensions = ['keyUsage=critical,digitalSignature', `extendedKeyUsage=${usage}`, ...(serves ? [`subjectAltName=${serves.join(',')}`] : [])];
  writeFileSync(join(folder, `${file}.ext`), `${extensions.join('\n')}\n`);
  await run(...newKey(file), '-subj', `${group === undefined ? '' : `/O=${group}`}/CN=${name}`, '-out', `${file}.csr`);
  const serial = `0x${Buffer.from(file).toString('hex').slice(0, 30)}`;
  await run(
    'x509',
    '-req',
    '-in',
    `${file}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-set_serial',
    serial,
    '-days',
    '3650',
    '-extfile',
    `${file}.ext`,
    '-out',
    `${file}.crt`,
  );
  if (!serves) writeFileSync(join(folder, `${file}.kubeconfig`), renderKubeconfig(folder, file), { mode: 0o600 });
}

function newKey(file: string): string[] {
  return ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${file}.key`];
}

/** Holds its certificates itself, so that it may be copied anywhere. */
function renderKubeconfig(folder: string, file: string): string {
  const data = (name: string) => readFileSync(join(folder, name)).toString('base64');
  const name = 'fibonacci-test';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://${NETWORK.host}:${NETWORK.apiPort}`, 'certificate-authority-data': data('ca.crt') } }],
    users: [{ name: file, user: { 'client-certificate-data': data(`${file}.crt`), 'client-key-data': data(`${file}.key`) } }],
    contexts: [{ name, context: { cluster: name, user: file } }],
    'current-context': name,
  });
}
