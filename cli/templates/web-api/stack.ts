import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'api');

  // Started instances that wait for a function: a first request takes milliseconds.
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.$RUNTIME, min: 1, max: 20 });

  const shop = new fib.Function(stack, 'shop', {
    runtime: fib.Runtime.$RUNTIME,
    handler: '$HANDLER',
    signature: '$SIGNATURE',
    code: fib.Code.fromDirectory('./functions/shop'),
    timeout: fib.Duration.seconds(5),
    bodyLimit: fib.Size.kibibytes(64),
    deployment: fib.hot(pool),
    access: 'public',
  });
  new fib.HttpTrigger(stack, 'products-http', { function: shop, path: '/products', methods: ['GET'] });
  new fib.HttpTrigger(stack, 'orders-http', { function: shop, path: '/orders', match: 'exact', methods: ['POST'] });
  fib.ScalingRule.requestsPerSecond(stack, 'shop-rate', { functions: [shop], target: 100 });
});
