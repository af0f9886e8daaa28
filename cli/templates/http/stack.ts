import * as fib from 'fibonacci-faas';

export default fib.defineStack((app, { env }) => {
  const stack = new fib.FunctionStack(app, 'functions');

  // Started instances that wait for a function: a first request takes milliseconds.
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.$RUNTIME, min: 1, max: 10 });

  const hello = new fib.Function(stack, 'hello', {
    runtime: fib.Runtime.$RUNTIME,
    handler: '$HANDLER',
    signature: '$SIGNATURE',
    code: fib.Code.fromDirectory('./functions/hello'),
    env: { ENVIRONMENT: env },
    deployment: fib.hot(pool),
  });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
});
