import { beforeAll, describe, expect, test } from 'vitest';
import { EVENTS, type CloudEvent, type LegacyEvent } from './conformance-world/events.ts';
import { CONFORMING } from './conformance-world/languages.ts';
import { binary, jsonRequest, serveFunction, serving, structured, type ServedFunction } from './conformance-world/served-function.ts';
import type { RequestSpec } from './watcher/exchange.ts';
import { buildFixtures } from './watcher/fixture-builds.ts';
import { installFixtureDependencies } from './watcher/fixture-dependencies.ts';

// What the conformance tests of Functions Framework ask of a framework, asked of our watchers with functions that use it.

beforeAll(async () => {
  const languages = CONFORMING.map(({ language }) => language);
  await installFixtureDependencies(languages);
  buildFixtures(languages);
});

describe.each(CONFORMING)('$language', (language) => {
  describe.each(language.targets.http ?? [])('http: $handler', (target) => {
    const served = serving(language, target);

    test('gets the parsed body', async () => {
      expect(await served.function.send(jsonRequest({ res: 'PASS' }))).toMatchObject({ status: 200, cut: false });
      expect(served.function.output()).toEqual({ res: 'PASS' });
    });
  });

  describe.each(language.targets.typed ?? [])('typed: $handler', (target) => {
    const served = serving(language, target);

    test('gets and gives values', async () => {
      const { status, body } = await served.function.send(jsonRequest({ message: 'Hello world!' }));
      expect([status, JSON.parse(body.toString('utf8'))]).toEqual([200, { payload: { message: 'Hello world!' } }]);
    });

    test('is not called with what is no JSON', async () => {
      const { status } = await served.function.send({ ...jsonRequest({}), body: '{"message":' });
      expect(status).toBeGreaterThanOrEqual(400);
    });
  });

  describe.each(language.targets.cloudevent ?? [])('cloudevent: $handler', (target) => {
    const served = serving(language, target);

    test.each(EVENTS)('$name, structured', async ({ cloudEvent }) => {
      await succeed(served.function, structured(cloudEvent));
      expect(served.function.output()).toMatchObject(told(cloudEvent));
    });

    test.each(EVENTS)('$name, binary', async ({ cloudEvent }) => {
      await succeed(served.function, binary(cloudEvent));
      expect(served.function.output()).toMatchObject(told(cloudEvent));
    });

    // Only the framework knows the events that were there before CloudEvents.
    describe.each(language.signature === 'framework' ? EVENTS : [])('$name, from its legacy form', ({ cloudEvent, legacy }) => {
      test('is the same', async () => {
        await succeed(served.function, jsonRequest(legacy));
        expect(served.function.output()).toMatchObject(told(cloudEvent));
      });
    });
  });

  describe.each(language.targets.event ?? [])('legacy event: $handler', (target) => {
    const served = serving(language, target);

    test.each(EVENTS)('$name', async ({ legacy }) => {
      await succeed(served.function, jsonRequest(legacy));
      expect(served.function.output()).toEqual(legacy);
    });

    test.each(EVENTS)('$name, from a CloudEvent', async ({ cloudEvent, legacy }) => {
      await succeed(served.function, binary(cloudEvent));
      expect(served.function.output()).toMatchObject(essence(legacy));
    });
  });

  describe('ten at once take far less than ten after another', () => {
    const [{ cloudEvent, legacy }] = EVENTS as [(typeof EVENTS)[number]];
    const requests = { http: jsonRequest({}), typed: jsonRequest({}), cloudevent: structured(cloudEvent), event: jsonRequest(legacy) };

    test.each(Object.entries(language.slow))('%s', async (kind, target) => {
      const served = await serveFunction(language, target);
      try {
        const request = requests[kind as keyof typeof requests];
        const oneMs = await timeOf(() => succeed(served, request));
        expect(oneMs).toBeGreaterThan(990);
        const tenMs = await timeOf(() => Promise.all(Array.from({ length: 10 }, () => succeed(served, request))));
        expect(tenMs).toBeLessThan(5 * oneMs);
      } finally {
        await served.close();
      }
    });
  });
});

async function succeed(served: ServedFunction, request: RequestSpec): Promise<void> {
  const { status = 0, body } = await served.send(request);
  expect([200, 204], body.toString('utf8')).toContain(status);
}

/** What a function is told of an event in every mode; some frameworks leave the type of the data to the data. */
function told({ datacontenttype: _, ...event }: CloudEvent): Partial<CloudEvent> {
  return event;
}

/** The converted form names its resource in the framework's own words, and has no `@type` in its data. */
function essence({ context: { eventId, eventType }, data }: LegacyEvent): object {
  const { '@type': _, ...rest } = data;
  return { context: { eventId, eventType }, data: rest };
}

async function timeOf(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}
