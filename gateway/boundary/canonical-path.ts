/**
 * The path that routing decides on, or undefined where two readers could understand it differently and it must be refused:
 * `.` and `..` segments (also as `%2e`), empty segments, backslash, an encoded slash, backslash or control character, malformed percent-encoding, characters that no URL holds.
 * Percent-encoded unreserved characters are decoded (RFC 3986, 6.2.2.2); all other encodings stay, in upper case.
 */
export function canonicalPath(path: string): string | undefined {
  if (path.charCodeAt(0) !== SLASH) return undefined;
  let encoded = false;
  let previous = 0;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === BACKSLASH || code === HASH) return undefined;
    if (code === PERCENT) encoded = true;
    else if (previous === SLASH && (code === SLASH || (code === DOT && isDotSegment(path, index)))) return undefined;
    previous = code;
  }
  if (!encoded) return path;
  const decoded = decodeUnreserved(path);
  return decoded !== undefined && !hasDotSegment(decoded) ? decoded : undefined;
}

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const HASH = 0x23;
const BACKSLASH = 0x5c;
const UNRESERVED = /[A-Za-z0-9._~-]/;

function isDotSegment(path: string, start: number): boolean {
  const end = path.charCodeAt(start + 1) === DOT ? start + 2 : start + 1;
  return end === path.length || path.charCodeAt(end) === SLASH;
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..');
}

function decodeUnreserved(path: string): string | undefined {
  let refused = false;
  const decoded = path.replace(/%(.{0,2})/g, (_all, hex: string) => {
    const code = /^[0-9A-Fa-f]{2}$/.test(hex) ? parseInt(hex, 16) : -1;
    if (code < 0x20 || code === 0x7f || code === SLASH || code === BACKSLASH) refused = true;
    const character = String.fromCharCode(code);
    return code < 0x80 && UNRESERVED.test(character) ? character : `%${hex.toUpperCase()}`;
  });
  return refused ? undefined : decoded;
}
