/** Longer parts are hardly ever equal as a whole; their own parts may be. */
const LONGEST = 256;
/** V8 has each string of a JSON text that is this short once already. */
const SHORT = 10;
/** Parts that are looked at again within so many others are shared. */
const REMEMBERED = 2048;

/** Gives equal parts of many objects one place in memory: of ten thousand functions few have limits, pools or labels of their own. */
export interface Sharing {
  /** Replaces parts of a value, fresh from JSON, by equal ones that were seen before; what is shared is frozen. */
  <T>(value: T): T;
}

export function createSharing(): Sharing {
  // Two generations: what was not asked for in a whole one is forgotten, so that what is unique is not held for ever.
  let young = new Map<string, unknown>();
  let old = new Map<string, unknown>();

  const remember = (key: string, value: unknown) => {
    if (young.size >= REMEMBERED) [old, young] = [young, new Map()];
    young.set(key, value);
    return value;
  };
  const shareMembers = (value: object): object => {
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(members)) members[name] = share(members[name]);
    return value;
  };
  const share = (value: unknown): unknown => {
    const isText = typeof value === 'string';
    if (isText ? value.length <= SHORT || value.length > LONGEST : typeof value !== 'object' || value === null) return value;
    const key = JSON.stringify(value);
    if (key.length > LONGEST) return shareMembers(value as object);
    const known = young.get(key);
    if (known !== undefined) return known;
    return remember(key, old.get(key) ?? (isText ? value : Object.freeze(shareMembers(value as object))));
  };
  return share as Sharing;
}
