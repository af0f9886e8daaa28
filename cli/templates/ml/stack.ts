import * as fib from 'fibonacci-faas';

export default fib.defineStack((app, { config }) => {
  const stack = new fib.FunctionStack(app, 'models');

  // Started instances that wait for a function: a first request takes the time to load the model.
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.$RUNTIME, min: 1, max: 10, memory: fib.Size.mebibytes(512) });

  const rent = new fib.Function(stack, 'rent', {
    runtime: fib.Runtime.$RUNTIME,
    handler: '$HANDLER',
    code: fib.Code.fromDirectory('./functions/rent'),
    // Where a new model lies, such as in a bucket; without it, the model beside the code is taken.
    env: { MODEL_URL: config['modelUrl'] ?? '' },
    concurrency: 4,
    deployment: fib.hot(pool),
  });
  new fib.HttpTrigger(stack, 'rent-http', { function: rent, path: '/rent', match: 'exact', methods: ['POST'] });
});
