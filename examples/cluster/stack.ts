import { existsSync } from 'node:fs';
import * as fib from 'fibonacci-faas';

// What `fib images --push <registry>` wrote; without it, images of the environment's registry, or that nodes have already.
const lock = new URL('images.lock.json', import.meta.url);

export default fib.defineStack((app, { config }) => {
  // Gateway, scaler, Prometheus and Alertmanager; `fib dev` needs none of it and leaves it out.
  new fib.Platform(app, 'fibonacci', {
    images: existsSync(lock) ? { lock: './images.lock.json' } : { ...(config['registry'] && { registry: config['registry'] }) },
    cluster: { apiServerCidrs: (config['apiServer'] ?? '10.0.0.1/32').split(',') },
    exposure: { ingress: { hosts: [config['host'] ?? 'functions.example.com'], tlsSecret: 'functions-tls' } },
    functions: { egress: [{ cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], ports: [443] }] },
  });

  const stack = new fib.FunctionStack(app, 'shop', { namespace: 'shop' });
  const pool = new fib.PodPool(stack, 'node-pool', { runtime: fib.Runtime.NODEJS, min: 2, max: 10 });
  const hello = new fib.Function(stack, 'hello', {
    runtime: fib.Runtime.NODEJS,
    handler: 'index.handler',
    code: fib.Code.fromDirectory('./functions/hello'),
    deployment: fib.hot(pool),
    // Also from outside, through the Ingress; all other functions are called from inside of the cluster alone.
    access: 'public',
  });
  hello.addSecret('GREETING', fib.Secret.fromName('greetings', { key: 'english' }));
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
  fib.ScalingRule.requestsPerSecond(stack, 'hello-rate', { functions: [hello], target: 50 });
});
