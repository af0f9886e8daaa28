import { join } from 'node:path';
import { readExports } from './exports.ts';
import { renderReference } from './render-reference.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The reference pages that are made from doc comments: path below the checkout → content. */
export function referencePages(): ReadonlyMap<string, string> {
  const page = (index: string, title: string, intro: string) => renderReference(title, intro, readExports(join(ROOT, index)));
  return new Map([
    [
      'docs/reference/constructs.md',
      page(
        'constructs/index.ts',
        'Constructs',
        "What `import * as fib from 'fibonacci-faas'` brings, from its doc comments. What the objects in the cluster look like is in [resources](resources.md); the [guide](../guide/functions.md) tells how to use them.",
      ),
    ],
    [
      'docs/reference/pulumi.md',
      page(
        'stacks/index.ts',
        'Pulumi components',
        "What `import … from 'fibonacci-faas/pulumi'` brings, from its doc comments; the [guide](../guide/pulumi.md) tells how to use them.",
      ),
    ],
  ]);
}
