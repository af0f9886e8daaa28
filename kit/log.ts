import pino from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;

/** One JSON line an event: a constant message, data in fields. Never bodies, tokens or secrets. */
export interface Log {
  debug(msg: string, fields?: Fields): void;
  info(msg: string, fields?: Fields): void;
  warn(msg: string, fields?: Fields): void;
  /** Put the error itself in the field `err`. */
  error(msg: string, fields?: Fields): void;
}

/** Logs to stdout. `name` is the process: gateway, scaler … */
export function createLog(options: { name: string; level?: LogLevel }): Log {
  const logger = pino({
    name: options.name,
    level: options.level ?? 'info',
    base: { process: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  const at =
    (level: LogLevel) =>
    (msg: string, fields: Fields = {}) =>
      logger[level](fields, msg);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** For tests and tools: nothing is written. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
