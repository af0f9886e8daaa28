import { PlatformError } from '../protocol/errors.ts';
import { isRecord } from '../protocol/record.ts';
import { functionSpec, type FunctionSpec } from '../protocol/schema/function.ts';
import { show } from '../protocol/schema/validate.ts';
import { Code } from './code.ts';
import { cold } from './deployment.ts';
import { durationText } from './duration.ts';
import type { FunctionProps, FunctionScaling, ImageFunctionProps } from './function-props.ts';
import { checkProps, defined, type PropNames, schemaDefault } from './props.ts';
import { sizeText } from './size.ts';

const SCALING: PropNames<FunctionScaling> = { minReplicas: true, maxReplicas: true, idleTimeout: true, stabilizationWindow: true, targetRate: true };
const { properties } = functionSpec;

/** Props as a spec with every field explicit, but for the package. @throws PlatformError SPEC_INVALID for a value of the wrong type */
export function renderFunctionSpec(what: string, props: FunctionProps | ImageFunctionProps): Omit<FunctionSpec, 'package'> {
  return { ...('image' in props ? containerSpec(props) : codeSpec(what, props)), ...commonSpec(what, props) };
}

function containerSpec({ image, port, command, args }: ImageFunctionProps): Pick<FunctionSpec, 'runtime' | 'container'> {
  const container = { image, port: port ?? schemaDefault<number>(properties.container, 'port'), ...defined({ command, args }) };
  return { runtime: 'container', container: container as NonNullable<FunctionSpec['container']> };
}

function codeSpec(what: string, props: FunctionProps): Pick<FunctionSpec, 'runtime' | 'handler' | 'signature' | 'mode'> {
  if (!(props.code instanceof Code)) {
    throw new PlatformError(
      'SPEC_INVALID',
      `${what}: code (${show(props.code)}) must be made with Code.fromDirectory, Code.fromFile, Code.fromInline or Code.bundle`,
    );
  }
  checkFiles(what, props.files);
  return {
    runtime: props.runtime,
    handler: props.handler,
    signature: props.signature ?? byDefault('signature'),
    mode: props.mode ?? byDefault('mode'),
  };
}

function checkFiles(what: string, files: unknown): void {
  if (files === undefined) return;
  if (!isRecord(files)) throw new PlatformError('SPEC_INVALID', `${what}: files (${show(files)}) must map paths to texts`);
  for (const [path, text] of Object.entries(files)) {
    if (typeof text !== 'string')
      throw new PlatformError(
        'SPEC_INVALID',
        `${what}: files[${JSON.stringify(path)}] (${show(text)}) must be a text; give a value as JSON.stringify makes it`,
      );
  }
}

function commonSpec(
  what: string,
  props: FunctionProps | ImageFunctionProps,
): Omit<FunctionSpec, 'runtime' | 'handler' | 'signature' | 'mode' | 'package' | 'container'> {
  return {
    env: { ...byDefault('env'), ...props.env },
    secrets: [...byDefault('secrets')],
    timeout: durationText(`${what}: timeout`, props.timeout, byDefault('timeout')),
    activationTimeout: durationText(`${what}: activationTimeout`, props.activationTimeout, byDefault('activationTimeout')),
    concurrency: props.concurrency ?? byDefault('concurrency'),
    queueLimit: props.queueLimit ?? byDefault('queueLimit'),
    bodyLimit: sizeText(`${what}: bodyLimit`, props.bodyLimit, byDefault('bodyLimit')),
    retry: props.retry ?? byDefault('retry'),
    access: props.access ?? byDefault('access'),
    deployment: deploymentSpec(what, props.deployment ?? cold()),
    scaling: scalingSpec(`${what}: scaling`, props.scaling ?? {}),
  };
}

function deploymentSpec(what: string, deployment: NonNullable<FunctionProps['deployment']>): FunctionSpec['deployment'] {
  if (deployment.spec) return deployment.spec;
  throw new PlatformError('SPEC_INVALID', `${what}: deployment (${show(deployment)}) must be hot(pool) or cold()`);
}

function scalingSpec(what: string, scaling: FunctionScaling): FunctionSpec['scaling'] {
  checkProps(what, scaling, SCALING);
  const value = <T>(field: keyof FunctionSpec['scaling']): T => schemaDefault(properties.scaling, field);
  return defined({
    minReplicas: scaling.minReplicas ?? value<number>('minReplicas'),
    maxReplicas: scaling.maxReplicas ?? value<number>('maxReplicas'),
    idleTimeout: durationText(`${what}.idleTimeout`, scaling.idleTimeout, value('idleTimeout')),
    stabilizationWindow: durationText(`${what}.stabilizationWindow`, scaling.stabilizationWindow, value('stabilizationWindow')),
    targetRate: scaling.targetRate,
  }) as FunctionSpec['scaling'];
}

function byDefault<K extends keyof FunctionSpec>(field: K): NonNullable<FunctionSpec[K]> {
  return schemaDefault(functionSpec, field);
}
