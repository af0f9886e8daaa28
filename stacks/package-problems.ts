import type { SynthResult } from '../constructs/synth/object.ts';
import type { Problem } from '../constructs/synth/problem.ts';
import { API_GROUP } from '../protocol/names.ts';
import { MAX_CONFIG_MAP_PACKAGE_BYTES } from '../protocol/package-config-map.ts';
import type { FunctionSpec } from '../protocol/schema/function.ts';
import type { OutputTexts } from './output-texts.ts';

/** Code that cannot go by Pulumi: what no ConfigMap takes, and what holds an Output, by whose value the code's digest would change. */
export function packageProblems({ objects, packages }: Pick<SynthResult, 'objects' | 'packages'>, texts?: OutputTexts): Problem[] {
  return objects.flatMap(({ path, object }): Problem[] => {
    if (object.kind !== 'Function' || !object.apiVersion.startsWith(`${API_GROUP}/`)) return [];
    const { package: packed } = object['spec'] as FunctionSpec;
    if (!packed) return [];
    const { digest, size } = packed;
    const bytes = packages.get(digest);
    if (size > MAX_CONFIG_MAP_PACKAGE_BYTES) {
      const message = `its code takes ${Math.ceil(size / 1024)} KiB, and Pulumi brings what a ConfigMap holds, ${MAX_CONFIG_MAP_PACKAGE_BYTES / 1024} KiB: leave out what it does not need, or deploy this stack with \`fib deploy\``;
      return [{ path, code: 'PACKAGE_TOO_LARGE', message }];
    }
    if (!bytes || !texts?.isIn(bytes)) return [];
    return [
      { path, code: 'OUTPUT_UNRESOLVED', message: 'its code holds an Output; give the value as an environment variable instead: env: { NAME: output(…) }' },
    ];
  });
}
