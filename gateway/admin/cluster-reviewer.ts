import { createHash } from 'node:crypto';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { Caller, Reviewer } from './access.ts';
import { createBriefCache } from './brief-cache.ts';

/** Who a token stands for, as a TokenReview tells. */
interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** How long an answer of the API server is taken for true: also how long a withdrawn right may still be used. */
const REMEMBERED_MS = 10_000;
const REMEMBERED_ANSWERS = 5_000;

/** Asks the API server whose a token is and what it may do (Kubernetes, TokenReview and SubjectAccessReview). Tokens are remembered by their hash alone. */
export function createClusterReviewer(client: Pick<KubernetesClient, 'request'>, now: () => number = Date.now): Reviewer {
  const users = createBriefCache<User | undefined>({ lifeMs: REMEMBERED_MS, size: REMEMBERED_ANSWERS, now });
  const verdicts = createBriefCache<boolean>({ lifeMs: REMEMBERED_MS, size: REMEMBERED_ANSWERS, now });

  const ask = async <T>(group: string, plural: string, kind: string, spec: object): Promise<T> => {
    const body = { apiVersion: `${group}/v1`, kind, spec };
    try {
      return (await client.request<{ status: T }>('POST', resourcePath({ group, version: 'v1', plural }), { body })).status;
    } catch (cause) {
      if (!(cause instanceof KubernetesError)) throw cause;
      throw new PlatformError('INTERNAL', `the API server could not be asked about the token: ${cause.message}`, { cause });
    }
  };
  const whose = async (token: string): Promise<User | undefined> => {
    const { authenticated, user } = await ask<{ authenticated?: boolean; user?: User }>('authentication.k8s.io', 'tokenreviews', 'TokenReview', { token });
    return authenticated === true ? user : undefined;
  };
  const may = async (user: User, attributes: Attributes): Promise<boolean> => {
    const spec = { user: user.username, uid: user.uid, groups: user.groups, extra: user.extra, resourceAttributes: { group: API_GROUP, ...attributes } };
    const { allowed } = await ask<{ allowed?: boolean }>('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview', spec);
    return allowed === true;
  };
  const callerOf = (hash: string, user: User): Caller => {
    const check = (attributes: Attributes) => verdicts.get(`${hash} ${JSON.stringify(attributes)}`, () => may(user, attributes));
    return {
      name: user.username,
      mayList: (namespace) => check({ verb: 'list', resource: 'functions', namespace }),
      mayInvoke: (namespace, name) => check({ verb: 'create', resource: 'functions', subresource: 'invoke', namespace, name }),
    };
  };
  return {
    async review(token) {
      const hash = createHash('sha256').update(token).digest('base64url');
      const user = await users.get(hash, () => whose(token));
      return user && callerOf(hash, user);
    },
  };
}

interface Attributes {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  readonly name?: string;
}
