import { artifactsConfig, gatewayConfig, scalerConfig } from './config.ts';
import { renderCrd } from './crd.ts';
import { API_GROUP } from './names.ts';
import { renderConfigReference, renderErrorReference, renderResourceReference } from './reference.ts';
import { KINDS, type KindName } from './schema/resources.ts';
import { renderYaml } from './yaml.ts';

/** What is made from protocol and committed: path below the repository's root → content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const crds = (Object.keys(KINDS) as KindName[]).map(
    (name) => [`docs/reference/crds/${API_GROUP}_${KINDS[name].plural}.yaml`, renderYaml(renderCrd(name))] as const,
  );
  return new Map([
    ['docs/reference/resources.md', renderResourceReference()],
    ['docs/reference/errors.md', renderErrorReference()],
    ['docs/reference/config.md', renderConfigReference({ gateway: gatewayConfig, scaler: scalerConfig, artifacts: artifactsConfig })],
    ...crds,
  ]);
}
