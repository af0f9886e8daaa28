import { fileURLToPath } from 'node:url';
import { App, type IResolver } from 'cdk8s';
import type * as pulumi from '@pulumi/pulumi';
import { BASE_DIRECTORY } from '../constructs/code.ts';
import type { SynthResult } from '../constructs/synth/object.ts';
import { type Problem, problemsError } from '../constructs/synth/problem.ts';
import { isOutput } from '../constructs/synth/output-problems.ts';
import { type SynthOptions, synthesizeApp } from '../constructs/synth/synthesize.ts';
import { explainOutputs, outputNameProblems } from './output-problems.ts';
import { packageProblems } from './package-problems.ts';
import type { OutputTexts } from './output-texts.ts';

/**
 * Builds the constructs of one component and synthesizes them.
 * @param folder that relative paths of code start from
 * @throws PlatformError as `synthesizeApp`; PACKAGE_TOO_LARGE, OUTPUT_UNRESOLVED
 */
export function synthesizeComponent<T>(
  folder: string | URL,
  texts: OutputTexts,
  options: SynthOptions,
  build: (app: App) => T,
): { readonly built: T; readonly result: SynthResult } {
  const app = new App({ resolvers: [outputResolver(texts)] });
  app.node.setContext(BASE_DIRECTORY, folder instanceof URL ? fileURLToPath(folder) : folder);
  try {
    const built = build(app);
    const result = synthesizeApp(app, options);
    const problems: Problem[] = [...outputNameProblems(result), ...packageProblems(result, texts)];
    if (problems.length > 0) throw problemsError(problems);
    return { built, result };
  } catch (error) {
    throw explainOutputs(error);
  }
}

/** Outputs that stand in objects by themselves, where types let them. */
function outputResolver(texts: OutputTexts): IResolver {
  return {
    resolve(context) {
      if (isOutput(context.value)) context.replaceValue(texts.textOf(context.value as pulumi.Output<string>));
    },
  };
}
