import { existsSync } from 'node:fs';
import * as fib from 'fibonacci-faas';

// What `fib images --push <registry>` wrote; without it, images of the environment's registry, or that nodes have already.
const lock = new URL('images.lock.json', import.meta.url);

// On any cluster it works with no config at all; `apiServer`, `host` and `greetingSecret` fit it to one.
export default fib.defineStack((app, { config }) => {
  const { registry, apiServer, host, greetingSecret } = config;
  // Gateway, scaler, Prometheus and Alertmanager; `fib dev` needs none of it and leaves it out.
  new fib.Platform(app, 'fibonacci', {
    images: existsSync(lock) ? { lock: './images.lock.json' } : { ...(registry && { registry }) },
    // Where the API server really is; without it any address may be its.
    ...(apiServer && { cluster: { apiServerCidrs: apiServer.split(',') } }),
    // Needs an Ingress controller, and the certificate as a Secret in namespace fibonacci-system.
    ...(host && { exposure: { ingress: { hosts: [host], tlsSecret: 'functions-tls' } } }),
    functions: { egress: [{ cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], ports: [443] }] },
  });

  const stack = new fib.FunctionStack(app, 'shop', { namespace: 'shop' });
  const pool = new fib.PodPool(stack, 'node-pool', { runtime: fib.Runtime.NODEJS, min: 2, max: 10 });
  const hello = new fib.Function(stack, 'hello', {
    runtime: fib.Runtime.NODEJS,
    handler: 'index.handler',
    code: fib.Code.fromDirectory('./functions/hello'),
    deployment: fib.hot(pool),
    // Also from outside, where there is a host; all other functions are called from inside of the cluster alone.
    access: 'public',
  });
  // A Secret of namespace shop, which is there already: a function whose Secret is missing does not become Ready.
  if (greetingSecret) hello.addSecret('GREETING', fib.Secret.fromName(greetingSecret, { key: 'english' }));
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
  fib.ScalingRule.requestsPerSecond(stack, 'hello-rate', { functions: [hello], target: 50 });
});
