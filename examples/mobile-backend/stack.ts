import * as fib from 'fibonacci-faas';

/** What a phone talks to: hot where somebody looks at the screen and waits, cold where nobody does. */
export default fib.defineStack((app, { env }) => {
  const stack = new fib.FunctionStack(app, 'mobile-backend', { namespace: 'mobile-backend' });
  const pool = new fib.PodPool(stack, 'node-pool', { runtime: fib.Runtime.NODEJS, min: env === 'prod' ? 10 : 2, max: 200, memory: fib.Size.mebibytes(128) });
  const light = { runtime: fib.Runtime.NODEJS, handler: 'index.handler', timeout: fib.Duration.seconds(3), access: 'public' as const };
  const signingKey = fib.Secret.fromName('mobile-backend', { key: 'signing-key' });

  const session = new fib.Function(stack, 'session', { ...light, code: fib.Code.fromDirectory('./functions/session'), deployment: fib.hot(pool) });
  session.addSecret('SIGNING_KEY', signingKey);
  new fib.HttpTrigger(stack, 'session-http', { function: session, path: '/session', match: 'exact', methods: ['POST'] });

  const feed = new fib.Function(stack, 'feed', {
    ...light,
    code: fib.Code.fromDirectory('./functions/feed'),
    deployment: fib.hot(pool),
    // The first screen of the app: one instance is always there.
    scaling: { minReplicas: 1, maxReplicas: 100 },
  });
  feed.addSecret('SIGNING_KEY', signingKey);
  new fib.HttpTrigger(stack, 'feed-http', { function: feed, path: '/feed', match: 'exact', methods: ['GET'] });
  fib.ScalingRule.requestsPerSecond(stack, 'screen-rate', { functions: [session, feed], target: 200 });

  // Phones send it in the background.
  const avatar = new fib.Function(stack, 'avatar', {
    ...light,
    code: fib.Code.fromDirectory('./functions/avatar'),
    timeout: fib.Duration.seconds(30),
    bodyLimit: fib.Size.mebibytes(5),
    deployment: fib.cold({ memory: fib.Size.mebibytes(256) }),
    scaling: { maxReplicas: 5 },
  });
  new fib.HttpTrigger(stack, 'avatar-http', { function: avatar, path: '/avatar', match: 'exact', methods: ['PUT'] });

  const digest = new fib.Function(stack, 'digest', {
    runtime: fib.Runtime.PYTHON,
    handler: 'main.handler',
    code: fib.Code.fromDirectory('./functions/digest'),
    timeout: fib.Duration.minutes(5),
    deployment: fib.cold({ memory: fib.Size.mebibytes(128) }),
    scaling: { maxReplicas: 1 },
  });
  new fib.TimerTrigger(stack, 'nightly', { function: digest, schedule: '30 2 * * *', timeZone: 'Europe/Berlin', missed: 'once' });
});
