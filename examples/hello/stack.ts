import * as fib from 'fibonacci-faas';

export default fib.defineStack((app, { config }) => {
  const stack = new fib.FunctionStack(app, 'hello-stack');

  // Instances that are started already and wait for a function: a cold start takes milliseconds.
  const pool = new fib.PodPool(stack, 'node-pool', { runtime: fib.Runtime.NODEJS, min: 2, max: 10 });

  const hello = new fib.Function(stack, 'hello', {
    runtime: fib.Runtime.NODEJS,
    handler: 'index.handler',
    code: fib.Code.fromDirectory('./functions/hello'),
    env: { GREETING: config['greeting'] ?? 'Hello' },
    timeout: fib.Duration.seconds(5),
    deployment: fib.hot(pool),
  });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
  fib.ScalingRule.requestsPerSecond(stack, 'hello-rate', { functions: [hello], target: 50 });

  const words = new fib.Function(stack, 'words', {
    runtime: fib.Runtime.PYTHON,
    handler: 'main.handler',
    code: fib.Code.fromDirectory('./functions/words'),
    deployment: fib.cold({ memory: fib.Size.mebibytes(128) }),
  });
  new fib.HttpTrigger(stack, 'words-http', { function: words, path: '/words', methods: ['POST'] });

  const tick = new fib.Function(stack, 'tick', {
    runtime: fib.Runtime.NODEJS,
    handler: 'index.handler',
    code: fib.Code.fromDirectory('./functions/tick'),
    env: { HELLO_URL: hello.url },
    deployment: fib.hot(pool),
  });
  new fib.TimerTrigger(stack, 'tick-timer', { function: tick, schedule: '*/5 * * * *' });
});
