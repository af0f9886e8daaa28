import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'events');

  // Started instances that wait for a function: a first event takes milliseconds.
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.$RUNTIME, min: 1, max: 10 });

  const points = new fib.Function(stack, 'points', {
    runtime: fib.Runtime.$RUNTIME,
    handler: '$HANDLER',
    code: fib.Code.fromDirectory('./functions/points'),
    deployment: fib.hot(pool),
  });
  new fib.HttpTrigger(stack, 'order-paid', { function: points, path: '/events/order-paid', match: 'exact', methods: ['POST'] });
});
