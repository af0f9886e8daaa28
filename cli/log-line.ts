import type { Terminal } from './terminal.ts';

const HIDDEN = new Set(['time', 'level', 'msg', 'function', 'line', 'requestId', 'process', 'instance']);

/** A JSON log line as people read it: time, function or process, what was said. Other lines stay as they are. */
export function renderLogLine(text: string, terminal: Pick<Terminal, 'paint'>): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return text;
  }
  const said = typeof entry['line'] === 'string' ? entry['line'] : String(entry['msg'] ?? '');
  const fields = Object.entries(entry).filter(([name]) => !HIDDEN.has(name));
  const level = entry['level'] === 'error' ? terminal.paint('red', said) : entry['level'] === 'warn' ? terminal.paint('yellow', said) : said;
  const parts = [
    terminal.paint('dim', String(entry['time'] ?? '').slice(11, 23)),
    terminal.paint('cyan', String(entry['function'] ?? entry['process'] ?? entry['instance'] ?? '')),
    level,
    fields.length > 0
      ? terminal.paint('dim', fields.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' '))
      : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}
