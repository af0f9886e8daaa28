import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'jobs');

  const cleanup = new fib.Function(stack, 'cleanup', {
    runtime: fib.Runtime.$RUNTIME,
    handler: '$HANDLER',
    code: fib.Code.fromDirectory('./functions/cleanup'),
    timeout: fib.Duration.minutes(5),
    scaling: { maxReplicas: 1 },
  });
  new fib.TimerTrigger(stack, 'nightly', {
    function: cleanup,
    schedule: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    // A tick that fell due while the platform was down is made up for.
    missed: 'once',
    data: { days: 30 },
  });
});
