const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Stop {
  /** Resolves when we are asked to end. */
  readonly asked: Promise<'asked'>;
  close(): void;
}

/**
 * Watches for what ends us: a signal, or the end of the process that started us with a channel (`npm start`).
 * A second signal ends us at once: the guards then kill what is left.
 */
export function createStop(): Stop {
  const { promise, resolve } = Promise.withResolvers<'asked'>();
  let asked = false;
  const onSignal = () => {
    if (asked) process.exit(1);
    asked = true;
    resolve('asked');
  };
  const onDisconnect = () => resolve('asked');
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.once('disconnect', onDisconnect);
  return {
    asked: promise,
    close() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('disconnect', onDisconnect);
      if (process.connected) process.disconnect();
    },
  };
}
