import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { KubernetesObject } from '../../../constructs/synth/object.ts';
import { ensurePart } from '../../cluster/machine/cache.ts';
import { clusterFolders } from '../../cluster/machine/folders.ts';

const SWAGGER = 'swagger.json';

/** Says what is wrong with an object by one release of Kubernetes; nothing where it is right. */
export type Judge = (object: KubernetesObject) => string[];

interface Definition {
  type?: string;
  properties?: Record<string, object>;
  additionalProperties?: unknown;
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
}

/** The OpenAPI of a release, from its Go module; kept outside of the checkout. @param version as `v1.27.16` */
export async function openApiOf(version: string): Promise<Judge> {
  const folder = await ensurePart({
    cache: clusterFolders().cache,
    name: 'openapi',
    recipe: version,
    async build(work) {
      writeFileSync(join(work, 'go.mod'), 'module openapi\n');
      const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', `k8s.io/kubernetes@${version}`], { cwd: work });
      const { Dir: dir } = JSON.parse(stdout) as { Dir: string };
      copyFileSync(join(dir, 'api', 'openapi-spec', SWAGGER), join(work, SWAGGER));
    },
  });
  return judgeOf((JSON.parse(readFileSync(join(folder, SWAGGER), 'utf8')) as { definitions: Record<string, Definition> }).definitions);
}

function judgeOf(definitions: Record<string, Definition>): Judge {
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? [])
      names.set(`${group === '' ? version : `${group}/${version}`} ${kind}`, name);
    makeStrict(name, definition);
  }
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'kubernetes', definitions });
  const validators = new Map<string, ValidateFunction>();
  return (object) => {
    const name = names.get(`${object.apiVersion} ${object.kind}`);
    if (name === undefined) return [`it knows no ${object.kind} of ${object.apiVersion}`];
    const validate = validators.get(name) ?? ajv.compile({ $ref: `kubernetes#/definitions/${name}` });
    validators.set(name, validate);
    return validate(object) ? [] : (validate.errors ?? []).map(render);
  };
}

/** As an API server with `fieldValidation=Strict` takes it: no unknown field; a quantity and a port may be numbers. */
function makeStrict(name: string, definition: Definition): void {
  if (/\.(Quantity|IntOrString)$/.test(name)) Object.assign(definition, { type: ['string', 'number'] });
  else if (definition.properties && definition.additionalProperties === undefined) definition.additionalProperties = false;
}

function render({ instancePath, message = '', params }: ErrorObject): string {
  return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
}
