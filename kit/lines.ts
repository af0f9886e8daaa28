/** Cuts bytes into lines (`\n`). A line longer than `maxBytes` is reported once and nothing more is read. */
export function createLineReader(options: { maxBytes: number; onLine(line: string): void; onTooLong(): void }): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  let broken = false;
  return (chunk) => {
    let from = 0;
    while (!broken) {
      const end = chunk.indexOf(10, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      held += part.length;
      if (held > options.maxBytes) {
        broken = true;
        parts = [];
        options.onTooLong();
        return;
      }
      parts.push(part);
      if (end < 0) return;
      const line = parts.length === 1 ? part.toString('utf8') : Buffer.concat(parts).toString('utf8');
      parts = [];
      held = 0;
      from = end + 1;
      if (line !== '') options.onLine(line);
    }
  };
}
