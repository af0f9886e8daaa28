import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Where a command talks to. With `--json` stdout holds JSON alone; notes go to stderr in either case. */
export interface Terminal {
  readonly json: boolean;
  /** One answer: as JSON on one line, or as text. */
  result(value: unknown, text: () => string): void;
  /** A line on stdout, whatever the mode. */
  print(line: string): void;
  /** A line on stderr. */
  note(line: string): void;
  /** Text in a style where a person watches stdout. */
  paint(style: Style, text: string): string;
}

export function createTerminal({ stdout, stderr }: Streams, json: boolean): Terminal {
  const print = (line: string) => void stdout.write(`${line}\n`);
  return {
    json,
    print,
    note: (line) => void stderr.write(`${line}\n`),
    result: (value, text) => print(json ? JSON.stringify(value) : text()),
    paint: (style, text) => styleText(style, text, { stream: stdout as NodeJS.WriteStream }),
  };
}
