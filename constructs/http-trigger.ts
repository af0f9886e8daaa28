import type { Construct } from 'constructs';
import { triggerSpec, type HttpTriggerSpec } from '../protocol/schema/trigger.ts';
import type { Function } from './function.ts';
import { targetProblems } from './function-checks.ts';
import { checkProps, defined, type PropNames, schemaDefault } from './props.ts';
import { Resource, type ResourceProps } from './resource.ts';
import { targetName } from './target.ts';

export interface HttpTriggerProps extends ResourceProps<'Trigger'> {
  /** The function that is called, of the same namespace. */
  readonly function: Function;
  /** Canonical path without a trailing slash; `/` alone takes every path that nothing else takes. */
  readonly path: string;
  /** `prefix`: this path and all below it, by whole segments; `exact`: this path alone. @default 'prefix' */
  readonly match?: HttpTriggerSpec['match'];
  /** Methods that are taken. @default - all */
  readonly methods?: HttpTriggerSpec['methods'];
  /** Host name without port. @default - all hosts */
  readonly host?: string;
}

const PROPS: PropNames<HttpTriggerProps> = { function: true, path: true, match: true, methods: true, host: true, transform: true };

/**
 * Calls a function for requests to the gateway.
 *
 * @example new HttpTrigger(stack, 'greet-http', { function: greet, path: '/greet', methods: ['GET'] });
 * @throws PlatformError SPEC_INVALID with every issue; STACK_INVALID for an id that is taken
 */
export class HttpTrigger extends Resource<'Trigger'> {
  constructor(scope: Construct, id: string, props: HttpTriggerProps) {
    const what = `HttpTrigger ${JSON.stringify(id)}`;
    checkProps(what, props, PROPS);
    const schema = triggerSpec.properties.http;
    const http = defined({
      path: props.path,
      match: props.match ?? schemaDefault<HttpTriggerSpec['match']>(schema, 'match'),
      methods: [...(props.methods ?? schemaDefault<HttpTriggerSpec['methods']>(schema, 'methods'))],
      host: props.host,
    }) as HttpTriggerSpec;
    const spec = { function: targetName(what, props.function), http };
    super(scope, id, 'Trigger', props.transform, () => spec);
    this.check();
    this.node.addDependency(props.function);
    this.node.addValidation({ validate: () => targetProblems(this.namespace, this.node.root, props.function) });
  }
}
