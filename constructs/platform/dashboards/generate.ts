import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardModule } from './texts.ts';

// `node constructs/platform/dashboards/generate.ts` writes the dashboards of the platform; a test keeps them equal to what this writes.
writeFileSync(join(import.meta.dirname, '..', 'dashboard-texts.ts'), dashboardModule());
