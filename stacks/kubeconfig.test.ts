import { expect, it } from 'vitest';
import { ambientKubeconfig, findKubeconfig } from './kubeconfig.ts';

const content = 'apiVersion: v1\nkind: Config\n';

it('content is passed on, and a path is taken from the project’s folder', () => {
  expect(findKubeconfig(content, '/project', {}, true)).toBe(content);
  expect(findKubeconfig('{"apiVersion":"v1"}', '/project', {}, true)).toBe('{"apiVersion":"v1"}');
  expect(findKubeconfig('cluster.yaml', '/project', {}, false)).toBe('/project/cluster.yaml');
});

it('without one the provider looks where kubectl does; inside of a cluster none is needed', () => {
  expect(findKubeconfig(undefined, '/', { KUBECONFIG: import.meta.filename }, true)).toBeUndefined();
  expect(findKubeconfig(undefined, '/', { KUBECONFIG: `/nowhere:${import.meta.filename}` }, true)).toBeUndefined();
  expect(findKubeconfig(undefined, '/', { HOME: '/nowhere', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true)).toBeUndefined();
  expect(findKubeconfig(undefined, '/', { HOME: '/nowhere' }, false)).toBeUndefined();
});

it.each([
  ['in the config', 'cluster.yaml', {}, /the config names the kubeconfig \/nowhere\/cluster.yaml, which does not exist/],
  ['of the environment', undefined, { KUBECONFIG: '/nowhere/a:/nowhere/b' }, /there is no kubeconfig: \/nowhere\/a, \/nowhere\/b does not exist/],
  ['of the home folder', undefined, { HOME: '/nowhere' }, /\/nowhere\/.kube\/config does not exist.*`pulumi preview` needs none/],
])('a missing one %s is an error where a cluster is to be changed', (_, kubeconfig, env, message) => {
  expect(() => findKubeconfig(kubeconfig, '/nowhere', env, true)).toThrow(message);
});

it.each([
  ['KUBECONFIG before all', { KUBECONFIG: '/ci/config', HOME: '/home', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true, '/ci/config'],
  ['the file of the home folder, in a pod, too', { HOME: '/home', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true, '/home/.kube/config'],
  ['the cluster of the pod, where there is no file', { HOME: '/home', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false, undefined],
  ['the file of the home folder outside of a pod, to name it if it is missing', { HOME: '/home' }, false, '/home/.kube/config'],
])('the cluster that is asked is the one that the provider changes: %s', (_, env, exists, file) => {
  expect(ambientKubeconfig(env, () => exists)).toBe(file);
});
