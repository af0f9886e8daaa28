import type { AnyResource } from '../../protocol/schema/resources.ts';

const NO_ENV = Object.freeze({});

/** What a gateway holds of an object: it never looks at a function's variables, and judges triggers itself. */
export function reduceResource(object: AnyResource): AnyResource {
  switch (object.kind) {
    case 'Function':
      return { ...object, spec: { ...object.spec, env: NO_ENV } };
    case 'Trigger': {
      const { status: _told, ...trigger } = object;
      return trigger;
    }
    default:
      return object;
  }
}
