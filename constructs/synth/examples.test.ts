import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderYaml } from '../../protocol/yaml.ts';
import { loadStackFresh } from '../load-fresh.ts';
import { clearTextProblems } from './clear-text.ts';
import { manifestPath } from './layout.ts';

// The golden manifests: after a wanted change, `npx vitest run constructs/synth/examples.test.ts --update` writes them anew. CustomResourceDefinitions have a place of their own, docs/reference/crds.
test.each(['hello', 'cluster', 'web-api', 'voice-skills', 'mobile-backend'])(
  'examples/%s comes to the manifests in its manifests.yaml, with no secret in clear',
  async (example) => {
    const stack = fileURLToPath(new URL(`../../examples/${example}/stack.ts`, import.meta.url));
    const result = await loadStackFresh(stack);
    expect(clearTextProblems(result)).toEqual([]);
    const shown = result.objects.filter(({ phase }) => phase !== 'crd');
    const documents = shown.map(({ tree, object }) => `# ${tree}/${manifestPath(object)}\n${renderYaml(object)}`);
    await expect(documents.join('---\n')).toMatchFileSnapshot(`../../examples/${example}/manifests.yaml`);
  },
  30_000,
);
