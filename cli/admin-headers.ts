import { HEADERS } from '../protocol/names.ts';

/** A function's headers as the admin API takes them: its `authorization` is the caller's own, so the function's has another name. @param headers by lower-case name */
export function adminHeaders({ authorization, ...headers }: Readonly<Record<string, string>>): Record<string, string> {
  return { ...headers, ...(authorization !== undefined && { [HEADERS.authorization]: authorization }) };
}
