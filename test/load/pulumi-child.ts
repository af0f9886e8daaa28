import { readFileSync } from 'node:fs';
import { App } from 'cdk8s';
import * as fib from '../../constructs/index.ts';
import { synthesizeApp } from '../../constructs/synth/synthesize.ts';
import { ManifestComponent } from '../../stacks/index.ts';
import { createEngine } from '../cluster/pulumi/engine.ts';

/** With a package and a trigger each, and the platform, some 300 objects. */
const FUNCTIONS = 85;
/** Of the times in `/proc`, on every machine that Node.js runs on. */
const TICKS_PER_SECOND = 100;

const engine = await createEngine();
let objects = 0;
const stack = await engine.stack('bench', async () => {
  const synth = synthesizeApp(buildApp()).objects;
  objects = synth.length;
  new ManifestComponent('bench', { objects: synth });
});
const before = childrensSeconds();
const { create = 0 } = await stack.preview({ kubeconfig: undefined });
// With the component itself, and the stack.
if (create < objects || objects === 0) throw new Error(`the preview has ${create} resources, and the program ${objects} objects`);
const { user, system } = process.cpuUsage();
const cpuSeconds = (user + system) / 1e6 + childrensSeconds() - before;
await engine.close();
process.stdout.write(JSON.stringify({ objects, cpuSeconds }));

function buildApp(): App {
  const app = new App();
  new fib.Platform(app, 'fibonacci');
  const functions = new fib.FunctionStack(app, 'shop', { namespace: 'shop' });
  for (let index = 0; index < FUNCTIONS; index++) {
    const code = fib.Code.fromInline(`export const handler = () => ${index};`);
    const fn = new fib.Function(functions, `fn-${index}`, { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code, deployment: fib.cold() });
    new fib.HttpTrigger(functions, `fn-${index}-http`, { function: fn, path: `/fn/${index}` });
  }
  return app;
}

/** CPU that ended child processes took, and theirs: `cutime` and `cstime` of proc(5). */
function childrensSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
