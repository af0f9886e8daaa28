import { expect, it } from 'vitest';
import { findKubeconfig } from './kubeconfig.ts';

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
