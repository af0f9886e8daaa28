import { beforeAll, describe, expect, test } from 'vitest';
import { RUNNING } from './conformance-world/languages.ts';
import { serving } from './conformance-world/served-function.ts';
import type { RequestSpec } from './watcher/exchange.ts';
import { buildFixtures } from './watcher/fixture-builds.ts';

// The CloudEvents HTTP binding 1.0.2 and its JSON format, as functions of signature `event` see them in every language.

type Headers = Readonly<Record<string, string>>;
type Case = readonly [feature: string, request: RequestSpec, event: object];

const REQUIRED = { specversion: '1.0', id: 'A234-1234-1234', source: '/mycontext/4', type: 'com.example.someevent' };
const OPTIONAL = { subject: 'larger-context', time: '2018-04-05T03:56:24Z', dataschema: 'https://example.test/schema' };
const JSON_FORMAT = 'application/cloudevents+json';

const BINARY: readonly Case[] = [
  ['the required attributes', binary({}), { ...REQUIRED, data: null }],
  ['the optional attributes', binary({ attributes: OPTIONAL }), { ...REQUIRED, ...OPTIONAL }],
  [
    'extensions',
    binary({ attributes: { comexampleextension1: 'value', comexampleothervalue: '5' } }),
    { comexampleextension1: 'value', comexampleothervalue: '5' },
  ],
  ['JSON', binary({ type: 'application/json', body: '{"much":"wow"}' }), { datacontenttype: 'application/json', data: { much: 'wow' } }],
  [
    'JSON with a charset',
    binary({ type: 'application/json; charset=utf-8', body: '["ü"]' }),
    { datacontenttype: 'application/json; charset=utf-8', data: ['ü'] },
  ],
  ['JSON of another kind', binary({ type: 'application/vnd.shop+json', body: '7' }), { datacontenttype: 'application/vnd.shop+json', data: 7 }],
  ['text', binary({ type: 'text/plain', body: 'grüße' }), { datacontenttype: 'text/plain', data: 'grüße' }],
  ['XML, as the bytes that it is', binary({ type: 'application/xml', body: '<a/>' }), { datacontenttype: 'application/xml', data: { base64: 'PGEvPg==' } }],
  ['bytes', binary({ type: 'application/octet-stream', body: { base64: 'AAH/' } }), { data: { base64: 'AAH/' } }],
  ['another method', { ...binary({ type: 'text/plain', body: 'x' }), method: 'PUT' }, { ...REQUIRED, data: 'x' }],
  [
    'header names in any case',
    { method: 'POST', headers: { 'CE-SpecVersion': '1.0', 'Ce-Id': '1', 'cE-source': '/s', 'ce-TYPE': 't' }, body: '' },
    { id: '1', source: '/s', type: 't' },
  ],
  ['percent-encoded values', binary({ attributes: { subject: 'Euro%20%E2%82%AC%20%F0%9F%98%80' } }), { subject: 'Euro € 😀' }],
  ['values that need not have been encoded', binary({ attributes: { subject: '%41%62c' } }), { subject: 'Abc' }],
  ['one round of decoding', binary({ attributes: { subject: '%2541' } }), { subject: '%41' }],
  ['quoted values of older senders', binary({ attributes: { subject: '"a \\"quoted\\" \\\\ value"' } }), { subject: 'a "quoted" \\ value' }],
];

const STRUCTURED: readonly Case[] = [
  ['the required attributes', structured({}), { ...REQUIRED, data: null }],
  ['the optional attributes', structured(OPTIONAL), { ...REQUIRED, ...OPTIONAL }],
  ['extensions of each type', structured({ a: 'x', b: 5, c: true }), { a: 'x', b: 5, c: true }],
  ['JSON', structured({ data: { much: ['wow', null] } }), { data: { much: ['wow', null] } }],
  ['text', structured({ datacontenttype: 'text/plain', data: 'grüße' }), { datacontenttype: 'text/plain', data: 'grüße' }],
  ['null', structured({ data: null }), { data: null }],
  ['bytes', structured({ data_base64: 'AAH/' }), { data: { base64: 'AAH/' } }],
  [
    'a media type in any case, with a charset',
    { ...structured({ data: 1 }), headers: { 'content-type': 'Application/CloudEvents+JSON; charset=UTF-8' } },
    { data: 1 },
  ],
  [
    'attributes in headers, too: the body tells',
    { ...structured({}), headers: { ...prefixed({ ...REQUIRED, id: 'other' }), 'content-type': JSON_FORMAT } },
    REQUIRED,
  ],
];

const REFUSED: readonly (readonly [feature: string, request: RequestSpec, code: string])[] = [
  ...Object.keys(REQUIRED)
    .filter((name) => name !== 'specversion')
    .flatMap((name) => [
      [`binary without ${name}`, binary({ without: name }), 'BAD_CLOUDEVENT'] as const,
      [`binary with an empty ${name}`, binary({ attributes: { [name]: '' } }), 'BAD_CLOUDEVENT'] as const,
      [`structured without ${name}`, structured({ [name]: undefined }), 'BAD_CLOUDEVENT'] as const,
      [`structured with a ${name} that is no string`, structured({ [name]: 7 }), 'BAD_CLOUDEVENT'] as const,
    ]),
  ['binary of version 0.3', binary({ attributes: { specversion: '0.3' } }), 'BAD_CLOUDEVENT'],
  ['structured without a version', structured({ specversion: undefined }), 'BAD_CLOUDEVENT'],
  ['structured of version 0.3', structured({ specversion: '0.3' }), 'BAD_CLOUDEVENT'],
  ['a value that is no UTF-8', binary({ attributes: { subject: '%C0%A0' } }), 'BAD_CLOUDEVENT'],
  ['a batch', { ...structured({}), headers: { 'content-type': 'application/cloudevents-batch+json' } }, 'BAD_CLOUDEVENT'],
  ['a list', { ...structured({}), body: '[]' }, 'BAD_CLOUDEVENT'],
  ['both kinds of data', structured({ data: 1, data_base64: 'AAH/' }), 'BAD_CLOUDEVENT'],
  ['base64 that is none', structured({ data_base64: '?' }), 'BAD_CLOUDEVENT'],
  ['base64 that is no string', structured({ data_base64: 7 }), 'BAD_CLOUDEVENT'],
  ['a body that is no JSON', { ...structured({}), body: '{"id":' }, 'BAD_JSON'],
  ['data that is no JSON', binary({ type: 'application/json', body: '{' }), 'BAD_JSON'],
];

beforeAll(() => buildFixtures(RUNNING));

describe.each(RUNNING)('%s', (language) => {
  const served = serving({ language, signature: 'event' }, { fixture: 'received' });

  test.each(BINARY)('binary: %s', (_, request, event) => receives(request, event));
  test.each(STRUCTURED)('structured: %s', (_, request, event) => receives(request, event));

  test.each(REFUSED)('refused: %s', async (_, request, code) => {
    const { status, headers } = await served.function.send(request);
    expect([status, headers['fibonacci-error']]).toEqual([400, code]);
  });

  async function receives(request: RequestSpec, event: object): Promise<void> {
    const { status, body } = await served.function.send(request);
    expect([status, JSON.parse(body.toString('utf8'))]).toMatchObject([200, { received: event }]);
  }
});

function binary({ attributes = {}, without, type, body = '' }: { attributes?: Headers; without?: string; type?: string; body?: unknown }): RequestSpec {
  const { [without ?? '']: _, ...given } = { ...REQUIRED, ...attributes } as Record<string, string>;
  return { method: 'POST', headers: { ...prefixed(given), ...(type === undefined ? {} : { 'content-type': type }) }, body };
}

function structured(fields: Readonly<Record<string, unknown>>): RequestSpec {
  return { method: 'POST', headers: { 'content-type': JSON_FORMAT }, body: { json: { ...REQUIRED, ...fields } } };
}

function prefixed(attributes: Headers): Headers {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
}
