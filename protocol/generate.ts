import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

// `node protocol/generate.ts` writes the reference pages and CRDs; a test keeps them equal to what this writes.
const root = dirname(import.meta.dirname);
for (const [path, content] of generatedFiles()) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
