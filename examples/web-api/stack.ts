import * as fib from 'fibonacci-faas';

/** An API of three functions in two languages: a catalogue, prices, and orders that ask for them. */
export default fib.defineStack((app, { config }) => {
  const stack = new fib.FunctionStack(app, 'web-api', { namespace: 'web-api' });
  const node = new fib.PodPool(stack, 'node-pool', { runtime: fib.Runtime.NODEJS, min: 2, max: 20 });
  const python = new fib.PodPool(stack, 'python-pool', { runtime: fib.Runtime.PYTHON, min: 1, max: 10 });
  const common = { timeout: fib.Duration.seconds(5), bodyLimit: fib.Size.kibibytes(64) };

  const products = new fib.Function(stack, 'products', {
    ...common,
    runtime: fib.Runtime.NODEJS,
    handler: 'index.handler',
    code: fib.Code.fromDirectory('./functions/products'),
    deployment: fib.hot(node),
    access: 'public',
  });
  new fib.HttpTrigger(stack, 'products-http', { function: products, path: '/products', methods: ['GET'] });

  // Called by orders alone: decimal arithmetic is Python's home.
  const price = new fib.Function(stack, 'price', {
    ...common,
    runtime: fib.Runtime.PYTHON,
    handler: 'main.handler',
    code: fib.Code.fromDirectory('./functions/price'),
    env: { TAX_PERCENT: config['tax'] ?? '19' },
    deployment: fib.hot(python),
    // It only computes: the gateway may send a request again whose connection broke.
    retry: 'safe',
  });
  new fib.HttpTrigger(stack, 'price-http', { function: price, path: '/price', methods: ['POST'] });

  const orders = new fib.Function(stack, 'orders', {
    ...common,
    runtime: fib.Runtime.NODEJS,
    handler: 'index.handler',
    code: fib.Code.fromDirectory('./functions/orders'),
    env: { PRODUCTS_URL: products.url, PRICE_URL: price.url },
    deployment: fib.hot(node),
    access: 'public',
  });
  new fib.HttpTrigger(stack, 'orders-http', { function: orders, path: '/orders', methods: ['POST'] });

  fib.ScalingRule.requestsPerSecond(stack, 'api-rate', { functions: [products, orders], target: 100 });
  fib.ScalingRule.duration(stack, 'price-duration', { functions: [price], target: fib.Duration.milliseconds(50) });
});
