/** A call that a README shows, with the answer in the comment below it. */
export interface ReadmeCall {
  /** The words of the command: `curl`, `http://127.0.0.1:8080/hello`. */
  readonly words: readonly string[];
  readonly answer: unknown;
}

/** What our READMEs give to curl. */
export interface CurlRequest {
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: string | undefined;
}

const CALL = /^((?:curl|npx fib invoke) (?:.*\\\n)*.*)\n# (.*)$/gm;
const WORD = /'([^']*)'|(\S+)/g;

/** Commands that a line `# <JSON>` follows. */
export function readmeCalls(markdown: string): ReadmeCall[] {
  return [...markdown.matchAll(CALL)].map(([, command = '', answer = '']) => ({
    words: [...command.replaceAll('\\\n', '').matchAll(WORD)].map(([, quoted, bare]) => quoted ?? bare ?? ''),
    answer: JSON.parse(answer) as unknown,
  }));
}

/** @throws Error for what it does not know */
export function parseCurl([, ...words]: readonly string[]): CurlRequest {
  let path: string | undefined;
  let data: string | undefined;
  const headers: Record<string, string> = {};
  const rest = words.values();
  for (const word of rest) {
    if (word === '-d') data = rest.next().value;
    else if (word === '-H') {
      const [name = '', value = ''] = (rest.next().value ?? '').split(': ');
      headers[name] = value;
    } else if (word.startsWith('http://')) {
      const url = new URL(word);
      path = url.pathname + url.search;
    } else throw new Error(`curl is called with ${word}, which this does not know`);
  }
  if (path === undefined) throw new Error('curl is called without a URL');
  return { path, headers, data };
}
