const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may come several times at once: from the terminal, from npm, from `npm start`. */
const ECHO_MS = 1000;

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
  let askedAt: number | undefined;
  const onSignal = () => {
    if (askedAt !== undefined && performance.now() - askedAt > ECHO_MS) process.exit(1);
    askedAt ??= performance.now();
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
