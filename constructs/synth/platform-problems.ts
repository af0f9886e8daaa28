import { parseDuration } from '../../protocol/duration.ts';
import { API_GROUP } from '../../protocol/names.ts';
import { MAX_CONFIG_MAP_PACKAGE_BYTES } from '../../protocol/package-config-map.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { SynthObject } from './object.ts';
import { PLATFORM, type PlatformPart } from './platform-part.ts';
import type { Problem } from './problem.ts';

/** What the app's functions need that its platform does not give. Apps whose platform is in another file are not judged. */
export function platformProblems(objects: readonly SynthObject[], [part]: readonly PlatformPart[]): Problem[] {
  if (!part) return [];
  return objects
    .filter(({ object }) => object.kind === 'Function' && object.apiVersion.startsWith(`${API_GROUP}/`))
    .flatMap(({ path, object }) =>
      functionProblems(object['spec'] as FunctionSpec, part[PLATFORM]).map((message) => ({ path, code: 'STACK_INVALID', message })),
    );
}

function functionProblems({ package: packed, activationTimeout, timeout }: FunctionSpec, { artifacts, drainMs }: PlatformPart[typeof PLATFORM]): string[] {
  const longestMs = parseDuration(activationTimeout) + parseDuration(timeout);
  return [
    ...(packed && packed.size > MAX_CONFIG_MAP_PACKAGE_BYTES && !artifacts
      ? [
          `its package has ${packed.size} bytes, and a ConfigMap takes ${MAX_CONFIG_MAP_PACKAGE_BYTES}: leave out what it does not need, or give the Platform an artifact service (artifacts: {})`,
        ]
      : []),
    ...(longestMs > drainMs
      ? [
          `a request may take ${longestMs} ms (activationTimeout ${activationTimeout} and timeout ${timeout}), and a gateway that ends waits for ${drainMs} ms: raise gateway.drainTimeout of the Platform`,
        ]
      : []),
  ];
}
