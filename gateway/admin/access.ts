import type { IncomingMessage } from 'node:http';
import { bearerToken, createBearerCheck } from '../../kit/bearer.ts';
import { PlatformError } from '../../protocol/errors.ts';

/** Someone who uses the admin API. */
export interface Caller {
  /** For messages. */
  readonly name: string;
  /** Whether it may list functions and what belongs to them in this namespace. */
  mayList(namespace: string): Promise<boolean>;
  mayInvoke(namespace: string, name: string): Promise<boolean>;
}

/** Knows tokens that are not the internal one. */
export interface Reviewer {
  /** Whose token it is; undefined if nobody's. @throws PlatformError where that cannot be told now */
  review(token: string): Promise<Caller | undefined>;
}

export interface Access {
  /** @throws PlatformError TOKEN_INVALID */
  identify(request: IncomingMessage): Promise<Caller>;
}

const PLATFORM: Caller = { name: 'the platform', mayList: async () => true, mayInvoke: async () => true };

/** Who has the internal token may do anything; for others the reviewer, if there is one, has the word. */
export function createAccess(internalToken: string, reviewer: Reviewer | undefined): Access {
  const isInternal = createBearerCheck(internalToken);
  return {
    async identify(request) {
      if (isInternal(request)) return PLATFORM;
      const token = bearerToken(request);
      const caller = token === '' ? undefined : await reviewer?.review(token);
      if (caller) return caller;
      const kinds = reviewer ? 'the internal token or a token that the cluster knows' : 'the internal token';
      throw new PlatformError('TOKEN_INVALID', `this path needs the header authorization: Bearer with ${kinds}`);
    },
  };
}
