import protocol from '@pulumi/pulumi/proto/provider_pb.js';
import { FIELD_MANAGER, type Manifest } from './objects.ts';
import { isObject, type Properties } from './values.ts';

/** Where {@link passOnIgnored} puts the paths among the properties. */
export const IGNORED = '__ignoreChanges';

/** Adds to the properties what the program tells the engine to ignore, which the server of `@pulumi/pulumi/provider` does not pass on. */
export function passOnIgnored(): void {
  for (const { prototype } of [protocol.DiffRequest, protocol.UpdateRequest]) {
    const { getNews } = prototype;
    prototype.getNews = function (this: protocol.DiffRequest) {
      const news = getNews.call(this);
      const properties = news?.toJavaScript();
      return news && Object.assign(news, { toJavaScript: () => ({ ...properties, [IGNORED]: this.getIgnorechangesList() }) });
    };
  }
}

/** As the real provider does it: what is ignored and somebody else's is left to them. */
export function withoutIgnored(object: Manifest, ignored: readonly string[], live: Manifest | undefined): Manifest {
  const others = live?.metadata.managedFields?.filter(({ manager }) => manager !== FIELD_MANAGER) ?? [];
  const isTheirs = (path: string[]) => others.some(({ fieldsV1 }) => path.reduce((at, key) => (isObject(at) ? at[`f:${key}`] : undefined), fieldsV1));
  const paths = ignored.map((path) => path.split('.'));
  return paths.filter(isTheirs).reduce<Properties>(without, object) as Manifest;
}

function without(object: Properties, [key = '', ...rest]: readonly string[]): Properties {
  const { [key]: inner, ...others } = object;
  return rest.length === 0 || !isObject(inner) ? others : { ...others, [key]: without(inner, rest) };
}
