import { main } from '@pulumi/pulumi/provider/index.js';
import { createKubernetesClient, type KubernetesClient } from '../../../../kit/kubernetes/client.ts';
import { passOnIgnored } from './ignored.ts';
import { Objects } from './objects.ts';
import { createKubernetesProvider } from './provider.ts';

const { KUBECONFIG: kubeconfig = '', PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE: mutable } = process.env;
let client: Promise<KubernetesClient> | undefined;
const objects = new Objects(() => (client ??= createKubernetesClient({ kubeconfig, env: process.env })));
passOnIgnored();
await main(createKubernetesProvider({ objects, enableConfigMapMutable: mutable === 'true' }), process.argv.slice(2));
