import { App } from 'cdk8s';
import { Code } from '../../constructs/code.ts';
import { cold } from '../../constructs/deployment.ts';
import { Function } from '../../constructs/function.ts';
import { FunctionStack } from '../../constructs/function-stack.ts';
import { HttpTrigger } from '../../constructs/http-trigger.ts';
import { synthesizeApp } from '../../constructs/synth/synthesize.ts';
import { writeSynth } from '../../constructs/synth/write.ts';

const FUNCTIONS = 10_000;
const folder = process.argv[2] ?? '';

const [synthSeconds, result] = timed(() => synthesizeApp(buildApp(), { gatewayUrl: 'http://127.0.0.1:8080' }));
const [writeSeconds] = timed(() => writeSynth(folder, result));
const [againSeconds, again] = timed(() => writeSynth(folder, result));
const objectsOfOne = result.objects.filter(({ path }) => path.startsWith('stack-42/')).map(({ id }) => id);
const peakMebibytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ synthSeconds, writeSeconds, againSeconds, againWritten: again.written.length, peakMebibytes, objectsOfOne }));

function buildApp(): App {
  const app = new App();
  for (let index = 0; index < FUNCTIONS; index++) {
    const stack = new FunctionStack(app, `stack-${index}`);
    const fn = new Function(stack, `fn-${index}`, {
      runtime: 'nodejs',
      handler: 'index.handler',
      code: Code.fromInline(`export const handler = () => ${index};`),
      env: { INDEX: String(index) },
      deployment: cold(),
    });
    new HttpTrigger(stack, `fn-${index}-http`, { function: fn, path: `/fn/${index}` });
  }
  return app;
}

function timed<T>(work: () => T): [number, T] {
  const begun = performance.now();
  const value = work();
  return [(performance.now() - begun) / 1000, value];
}
