import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS } from '../../protocol/errors.ts';
import { CONTROL_PATHS, HEADER_PREFIX, HEADERS, METRICS } from '../../protocol/names.ts';
import { MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES } from '../../protocol/package.ts';
import { SIGNATURE_NAMES } from '../../protocol/schema/signatures.ts';
import { TOKEN_ISSUER } from '../../protocol/token.ts';
import * as node from '../../runtimes/nodejs/contract.ts';
import { clausesOf, readVectors } from './watcher/vectors.ts';

const law = readFileSync(new URL('../../protocol/watcher.md', import.meta.url), 'utf8');
const clauses = [...law.matchAll(/^- \*\*(W\d+\.\d+)\*\*/gm)].map(([, clause]) => clause as string);
const proven = new Set(readVectors().flatMap(clausesOf));

test('every clause of the watcher contract has a vector', () => {
  expect(clauses.length).toBeGreaterThan(40);
  expect(clauses.filter((clause) => !proven.has(clause))).toEqual([]);
});

test('every vector names clauses that exist', () => {
  expect([...proven].filter((clause) => !clauses.includes(clause))).toEqual([]);
});

test('the Node.js watcher says headers, paths, metrics and limits as the protocol does', () => {
  expect(HEADERS).toMatchObject(node.HEADERS);
  expect(node.HEADER_PREFIX).toBe(HEADER_PREFIX);
  expect(node.CONTROL_PATHS).toEqual(CONTROL_PATHS);
  expect(node.METRICS).toEqual({
    invocations: METRICS.watcherInvocations,
    duration: METRICS.watcherDuration,
    inFlight: METRICS.watcherInFlight,
    restarts: METRICS.watcherRestarts,
    cpu: METRICS.watcherCpu,
    memory: METRICS.watcherMemory,
  });
  expect(node.SIGNATURES).toEqual(SIGNATURE_NAMES);
  expect(node.TOKEN_ISSUER).toBe(TOKEN_ISSUER);
  expect([node.MAX_PACKAGE_BYTES, node.MAX_PACKAGE_FILES]).toEqual([MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES]);
});

test('the Node.js watcher answers each error with the status of the table', () => {
  const table = Object.fromEntries(Object.keys(node.DATA_STATUS).map((code) => [code, ERRORS[code as keyof typeof ERRORS]?.status]));
  expect(node.DATA_STATUS).toEqual(table);
});
