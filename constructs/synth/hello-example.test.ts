import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderYaml } from '../../protocol/yaml.ts';
import { loadStackFresh } from '../load-fresh.ts';
import { manifestPath } from './layout.ts';

// The golden manifest: after a wanted change, `npx vitest run -u constructs/synth/hello-example.test.ts` writes it anew.
test('examples/hello comes to the manifests in examples/hello/manifests.yaml', async () => {
  const stack = fileURLToPath(new URL('../../examples/hello/stack.ts', import.meta.url));
  const { objects } = await loadStackFresh(stack);
  const documents = objects.map(({ object }) => `# ${manifestPath(object)}\n${renderYaml(object)}`);
  await expect(documents.join('---\n')).toMatchFileSnapshot('../../examples/hello/manifests.yaml');
}, 30_000);
