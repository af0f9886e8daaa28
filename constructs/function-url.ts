const TOKEN = /\$\{fibonacci-url:([^}]*)\}/g;
const BEGIN = '${fibonacci-url:';

/** Text that stands for a function's URL until synthesis. */
export function urlToken(path: string): string {
  return `${BEGIN}${encodeURIComponent(path)}}`;
}

/** The text with each token replaced by what `resolve` says for the construct's path. */
export function replaceUrlTokens(text: string, resolve: (path: string) => string): string {
  return text.includes(BEGIN) ? text.replace(TOKEN, (_, path: string) => resolve(decodeURIComponent(path))) : text;
}
