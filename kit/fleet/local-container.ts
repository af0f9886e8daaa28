import { IMAGE_USER } from '../../protocol/images.ts';
import type { ContainerTemplate, InstanceTemplate } from './fleet.ts';
import { clientEnv, type ContainerPrograms } from './local-container-program.ts';
import type { Launch } from './local-instance.ts';
import { findFreePort } from './local-port.ts';

type ContainerInstance = InstanceTemplate & { readonly container: ContainerTemplate };

export interface ContainerHost {
  readonly programs: ContainerPrograms;
  /** @throws PlatformError SECRET_MISSING */
  secretValue(namespace: string, name: string, key: string): string;
}

/** Its image may have to be pulled before. */
const START_TIMEOUT_MS = 300_000;

/** How a function's own container is started: by the program that works here, on a port of this machine. @throws PlatformError RUNTIME_UNAVAILABLE, SECRET_MISSING */
export async function launchContainer(
  { programs, secretValue }: ContainerHost,
  id: string,
  template: ContainerInstance,
): Promise<Launch & { readonly program: string }> {
  const program = await programs.find();
  const port = await findFreePort();
  const { secrets } = template.container;
  // Read from there, so that no list of processes shows them.
  const values = Object.fromEntries(secrets.map(({ env, name, key }) => [env, secretValue(template.namespace, name, key)]));
  return { program, command: program, args: containerArgs(id, port, template), env: { ...values, ...clientEnv() }, port, startTimeoutMs: START_TIMEOUT_MS };
}

/** The words for docker or podman: it is held as its pod would be, with no rights, a root that cannot be written, memory at its limit. */
export function containerArgs(id: string, hostPort: number, { memoryBytes, container }: ContainerInstance): string[] {
  const { image, port, command = [], args = [], env, secrets } = container;
  const [entrypoint, ...words] = command;
  const values = Object.entries({ ...env, PORT: String(port) }).map(([name, value]) => `${name}=${value}`);
  return [
    ...['run', '--rm', '--name', id, '--publish', `127.0.0.1:${hostPort}:${port}`, '--memory', String(memoryBytes)],
    ...['--user', `${IMAGE_USER}:${IMAGE_USER}`, '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...[...values, ...secrets.map((secret) => secret.env)].flatMap((variable) => ['--env', variable]),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    image,
    ...words,
    ...args,
  ];
}
