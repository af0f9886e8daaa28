import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from './pages.ts';

// `node docs/generate/main.ts` writes the reference pages of the constructs; a test keeps them equal to what this writes.
for (const [path, content] of referencePages()) writeFileSync(join(import.meta.dirname, '../..', path), content);
