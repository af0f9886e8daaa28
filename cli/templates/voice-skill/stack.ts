import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'skills');

  // Whoever is spoken to next takes an instance that waits.
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.$RUNTIME, min: 1, max: 20 });

  const barista = new fib.Function(stack, 'barista', {
    runtime: fib.Runtime.$RUNTIME,
    handler: '$HANDLER',
    code: fib.Code.fromDirectory('./functions/barista'),
    // Who speaks to it hears nothing until then.
    timeout: fib.Duration.seconds(2),
    bodyLimit: fib.Size.kibibytes(16),
    deployment: fib.hot(pool),
    access: 'public',
  });
  new fib.HttpTrigger(stack, 'barista-http', { function: barista, path: '/skills/barista', match: 'exact', methods: ['POST'] });
});
