import { COREDNS_IMAGE, NETWORK } from './plan.ts';

const META = { name: 'coredns', namespace: 'kube-system' };
const LABELS = { 'k8s-app': 'kube-dns' };

/** Names outside of the cluster do not exist: nothing here may leave the machine. */
const COREFILE = `${NETWORK.domain}:53 in-addr.arpa:53 ip6.arpa:53 {
  errors
  health
  ready
  kubernetes ${NETWORK.domain} in-addr.arpa ip6.arpa {
    pods insecure
  }
  cache 5
  loadbalance
}
.:53 {
  errors
  template ANY ANY . {
    rcode NXDOMAIN
  }
}
`;

/** The cluster's DNS, with the names and labels that clusters have: objects to apply. */
export function renderDns(): object {
  return { apiVersion: 'v1', kind: 'List', items: [...access(), config(), deployment(), service()] };
}

function access(): object[] {
  const group = 'rbac.authorization.k8s.io';
  const verbs = ['list', 'watch'];
  const rules = [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
  ];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: META },
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'system:coredns' }, rules },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'system:coredns' },
      subjects: [{ kind: 'ServiceAccount', name: META.name, namespace: META.namespace }],
    },
  ];
}

function config(): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: META, data: { Corefile: COREFILE } };
}

function deployment(): object {
  const container = {
    name: 'coredns',
    image: COREDNS_IMAGE,
    imagePullPolicy: 'Never',
    args: ['-conf', '/etc/coredns/Corefile'],
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
    ],
    readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } },
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
  };
  const spec = {
    serviceAccountName: META.name,
    priorityClassName: 'system-cluster-critical',
    // One on each node: a drained node must not take the DNS with it.
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: LABELS } },
    ],
    dnsPolicy: 'Default',
    containers: [container],
    volumes: [{ name: 'config', configMap: { name: META.name } }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...META, labels: LABELS },
    spec: { replicas: 2, selector: { matchLabels: LABELS }, template: { metadata: { labels: LABELS }, spec } },
  };
}

function service(): object {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...META, name: 'kube-dns', labels: LABELS },
    spec: { clusterIP: NETWORK.dnsService, selector: LABELS, ports },
  };
}
