import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { WatcherError } from '../watcher-error.ts';

const PACKAGE = '@google-cloud/functions-framework';
/** As the framework's own option of that name (`--signature-type`). */
const TYPE_VARIABLE = 'FUNCTION_SIGNATURE_TYPE';
const TYPES = ['http', 'cloudevent', 'event', 'typed'];
/** The name under which a plain export is registered: its own may be one that the framework's registry refuses. */
const PLAIN = 'function';

/** What the watcher uses of the framework that a package carries: 2.1 and later have it. */
export interface Framework {
  readonly functions: { http(name: string, handler: unknown): void };
  readonly testing: { getFunction(name: string): unknown; getTestServer(name: string): Server };
  /** The registry behind both. Only for the types that `functions` cannot register. */
  readonly registry: { getRegisteredFunction(name: string): { signatureType: string } | undefined };
}

/**
 * Functions Framework as the module at `path` has it among its own dependencies; to be asked before that module is imported.
 * @throws WatcherError LOAD_FAILED where the package carries none, or one that is too old
 */
export function requireFramework(path: string): Framework {
  const require = createRequire(path);
  const resolve = (name: string): string | undefined => {
    try {
      return require.resolve(name);
    } catch {
      return undefined;
    }
  };
  const [main, testing] = [resolve(PACKAGE), resolve(`${PACKAGE}/testing`)];
  if (main === undefined)
    throw failed(`the package does not carry ${PACKAGE}: run npm install ${PACKAGE} where the function is, so that node_modules goes into the package`);
  if (testing === undefined) throw failed(`the package carries a version of ${PACKAGE} that is too old: 2.1 and later can be served`);
  return { functions: require(main), testing: require(testing), registry: require(join(dirname(main), 'function_registry.js')) } as Framework;
}

/**
 * What answers the requests of a target: one that the module has registered, else its export of that name, served as the environment says (W7.4).
 * @throws WatcherError LOAD_FAILED for a target that is not there
 */
export function serveTarget({ functions, testing, registry }: Framework, target: string, exported: unknown, exportNames: string): RequestListener {
  let name = target;
  if (testing.getFunction(target) === undefined) {
    if (typeof exported !== 'function')
      throw failed(`"${target}" is neither registered (functions.http('${target}', …)) nor an exported function; the module exports ${exportNames}`);
    name = PLAIN;
    functions.http(name, exported);
    const registered = registry.getRegisteredFunction(name);
    if (registered) registered.signatureType = typeOf(process.env[TYPE_VARIABLE]);
  }
  const server = createServer(testing, name);
  return (request, response) => void server.emit('request', request, response);
}

function createServer(testing: Framework['testing'], name: string): Server {
  try {
    return testing.getTestServer(name);
  } catch (error) {
    const type = process.env[TYPE_VARIABLE] ?? 'http';
    throw failed(`this version of ${PACKAGE} does not serve functions of type ${type}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function typeOf(value: string | undefined): string {
  if (value === undefined || TYPES.includes(value)) return value ?? 'http';
  throw failed(`${TYPE_VARIABLE} must be ${TYPES.join(', ')}, not "${value.slice(0, 32)}"`);
}

function failed(message: string): WatcherError {
  return new WatcherError('LOAD_FAILED', message);
}
