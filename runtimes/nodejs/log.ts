/** Where lines go: `process.stdout`, or a stand-in for tests. */
export interface LineSink {
  write(text: string, done?: () => void): unknown;
  readonly writableLength: number;
}

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  write(level: Level, msg: string, fields?: Fields): void;
  /** Resolves when everything written so far is out, or after `withinMs`. */
  flush(withinMs: number): Promise<void>;
}

/** What may wait for a slow reader of our stdout before lines are dropped and counted. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** One JSON object a line (W1.3). Never blocks and never grows without a bound: a reader that does not keep up loses lines, and is told how many (W8.1). */
export function createLog(sink: LineSink, now: () => Date = () => new Date()): Log {
  let dropped = 0;
  const line = (level: Level, msg: string, fields: Fields) => `${JSON.stringify({ time: now().toISOString(), level, msg, ...fields })}\n`;

  return {
    write(level, msg, fields = {}) {
      if (sink.writableLength > MAX_WAITING_BYTES) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        sink.write(line('warn', 'log lines dropped', { count: dropped }));
        dropped = 0;
      }
      sink.write(line(level, msg, fields));
    },
    flush(withinMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        sink.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
