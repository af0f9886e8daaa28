import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The kubeconfig that the config names, for the provider: its content, or an absolute path; undefined where the provider finds one itself, as kubectl does.
 * @param folder that a relative path starts from
 * @throws PlatformError KUBECONFIG_INVALID where `needed` and there is none
 */
export function findKubeconfig(kubeconfig: string | undefined, folder: string, env: Environment, needed: boolean): string | undefined {
  if (kubeconfig !== undefined) {
    if (isContent(kubeconfig)) return kubeconfig;
    const path = resolve(folder, kubeconfig);
    if (needed && !existsSync(path)) throw missing(`the config names the kubeconfig ${path}, which does not exist`);
    return path;
  }
  const files = (env['KUBECONFIG'] || homeKubeconfig(env)).split(delimiter);
  if (needed && env['KUBERNETES_SERVICE_HOST'] === undefined && !files.some((file) => file !== '' && existsSync(file)))
    throw missing(`there is no kubeconfig: ${files.join(', ')} does not exist`);
  return undefined;
}

/** The kubeconfig that Pulumi's provider finds by itself: it takes the pod's own cluster only where there is no file at all. Pure. */
export function ambientKubeconfig(env: Environment, exists: (file: string) => boolean): string | undefined {
  if (env['KUBECONFIG']) return env['KUBECONFIG'];
  const ofHome = homeKubeconfig(env);
  return env['KUBERNETES_SERVICE_HOST'] !== undefined && !exists(ofHome) ? undefined : ofHome;
}

function homeKubeconfig(env: Environment): string {
  return join(env['HOME'] || homedir(), '.kube', 'config');
}

/** Whether it is a kubeconfig itself: YAML or JSON of several lines or fields. A path has neither. */
export function isContent(kubeconfig: string): boolean {
  return /[\n{]|apiVersion:/.test(kubeconfig);
}

function missing(why: string): PlatformError {
  return new PlatformError(
    'KUBECONFIG_INVALID',
    `${why}; name one with \`pulumi config set kubeconfig <path>\` or KUBECONFIG. Nothing was changed; \`pulumi preview\` needs none`,
  );
}
