import type { ContainerTemplate } from '../fleet.ts';
import type { Container } from './manifests.ts';
import { renderProbes } from './probes.ts';
import type { ContainerParts } from './watcher-container.ts';

/** Programs expect to write there, if anywhere. */
const SCRATCH = '/tmp';

/** The container of a function that is one. It is ready once its port takes connections; values of Secrets reach it by its node, past the platform. */
export function renderOwnContainer({ port, command, args, env, secrets }: ContainerTemplate): ContainerParts & Pick<Container, 'command' | 'args'> {
  const listens = { tcpSocket: { port } };
  return {
    name: 'function',
    ...(command && { command: command.map(literal) }),
    ...(args && { args: args.map(literal) }),
    env: [
      { name: 'PORT', value: String(port) },
      ...Object.entries(env).map(([name, value]) => ({ name, value: literal(value) })),
      ...secrets.map(({ env: variable, name, key }) => ({ name: variable, valueFrom: { secretKeyRef: { name, key } } })),
    ],
    ports: [{ name: 'data', containerPort: port }],
    ...renderProbes(listens, listens),
    scratch: SCRATCH,
  };
}

/** Kubernetes would put variables in place of `$(NAME)`; the same text is to mean the same on a laptop. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}
