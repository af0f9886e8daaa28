import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { watchResources, type ResourceWatch, type WatchResourcesOptions } from '../../kit/kubernetes/list-watch.ts';
import { type Disturbance, type FakeApi, startFakeApi, status } from './kubernetes-world/fake-api.ts';

const LIST = '/apis/fibonacci.dev/v1alpha1/namespaces/default/functions';

interface Item {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec?: unknown;
}

let api: FakeApi;
let watch: ResourceWatch | undefined;
let seen: string[];
let states: boolean[];

beforeEach(async () => {
  api = await startFakeApi();
  seen = [];
  states = [];
});
afterEach(async () => {
  await watch?.close();
  await api.close();
});

const put = (name: string, spec: unknown = 1) => api.objects.put(LIST, { metadata: { name }, spec });

function open(options: Partial<WatchResourcesOptions<Item>> = {}): void {
  watch = watchResources<Item>({
    client: api.client,
    path: LIST,
    onSync: (items) => seen.push(`sync ${items.map(({ metadata }) => metadata.name).join()}`),
    onEvent: ({ type, object, previous }) => seen.push(`${type} ${object.metadata.name} ${String(previous?.spec ?? '-')}→${String(object.spec)}`),
    onState: ({ connected }) => states.push(connected),
    log: silentLog,
    random: () => 0,
    ...options,
  });
}

const connected = () => vi.waitFor(() => expect(api.watches()).toBe(1), 10_000);
const shows = (...expected: string[]) => vi.waitFor(() => expect(seen).toEqual(expected), 10_000);

describe('a list-watch', () => {
  it('tells the snapshot once, then every change in order', async () => {
    put('a');
    open();
    await connected();
    put('b');
    put('a', 2);
    api.objects.remove(LIST, 'b');
    await shows('sync a', 'applied b -→1', 'applied a 1→2', 'deleted b 1→1');
    expect(states).toEqual([true]);
  });

  it('reads a long list page by page', async () => {
    for (let i = 0; i < 7; i++) put(`f${i}`);
    open({ pageSize: 3 });
    await shows('sync f0,f1,f2,f3,f4,f5,f6');
    expect(api.requests.filter((line) => line.includes('limit=3'))).toHaveLength(3);
  });

  it.each<Disturbance>(['end', 'reset', 'reset-in-line', 'garbage', 'error'])(
    'goes on where it was after the watch ends by %s, without a new list',
    async (how) => {
      put('a');
      open();
      await connected();
      put('b');
      await shows('sync a', 'applied b -→1');
      api.disturb(how);
      put('c');
      await shows('sync a', 'applied b -→1', 'applied c -→1');
      await connected();
      expect(api.requests.filter((line) => line.includes('limit='))).toHaveLength(1);
      expect(states).toEqual(how === 'end' ? [true] : [true, false, true]);
    },
  );

  it.each<[string, () => void]>([
    ['an ERROR event', () => api.disturb('expired')],
    [
      'the status 410',
      () => {
        api.objects.compact();
        api.disturb('end');
      },
    ],
  ])('lists anew after %s and tells what it missed, deletions and re-creations among it', async (_name, expire) => {
    put('kept');
    put('gone');
    put('again');
    open();
    await connected();
    api.answerNext(/watch=true/, (_request, response) => status(response, 410, 'Expired'));
    expire();
    api.objects.remove(LIST, 'gone');
    api.objects.remove(LIST, 'again');
    put('again', 2);
    put('new', 3);
    await vi.waitFor(() => expect(seen).toHaveLength(5), 10_000);
    expect(seen.slice(0, 1)).toEqual(['sync kept,gone,again']);
    expect(seen.slice(1).sort()).toEqual(['applied again -→2', 'applied new -→3', 'deleted again 1→1', 'deleted gone 1→1']);
    expect(states).toEqual([true]);
  });

  it('begins anew after a silence, and bookmarks are no silence', async () => {
    open({ silenceMs: 1_500 });
    await connected();
    const bookmarks = setInterval(() => api.bookmark(), 300);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    clearInterval(bookmarks);
    expect(states).toEqual([true]);
    api.disturb('mute');
    put('a');
    await shows('sync ', 'applied a -→1');
    expect(states).toEqual([true, false, true]);
  });

  it('goes on from a bookmark’s version', async () => {
    open();
    await connected();
    api.objects.put('/other', { metadata: { name: 'x' } });
    const before = watch?.lastEventAt() ?? 0;
    api.bookmark();
    await vi.waitFor(() => expect(watch?.lastEventAt()).toBeGreaterThan(before));
    api.disturb('end');
    await connected();
    expect(api.requests.at(-1)).toContain(`resourceVersion=${api.objects.version()}&`);
  });

  it('waits as long as a 429 asks for, at the list and at the watch', async () => {
    const busy = (times: number[]) => (_request: unknown, response: Parameters<typeof status>[0]) => {
      times.push(performance.now());
      status(response, 429, 'TooManyRequests', { 'retry-after': '1' });
    };
    const lists: number[] = [];
    const watches: number[] = [];
    api.answerNext(/limit=/, busy(lists), 1);
    api.answerNext(/watch=true/, busy(watches), 1);
    open();
    await connected();
    const now = performance.now();
    expect(lists).toHaveLength(1);
    expect(now - (watches[0] ?? now)).toBeGreaterThan(950);
    expect((watches[0] ?? 0) - (lists[0] ?? 0)).toBeGreaterThan(950);
  });

  it('survives an API server that is not there yet, and does not hammer it', async () => {
    api.answerNext(/limit=/, (request) => request.socket.destroy(), 6);
    open();
    put('a');
    await shows('sync a');
    // Two requests a turn, since a reading request on a closed connection goes again at once: three turns, 125 + 250 + 500 ms apart at the least.
    expect(api.requests.filter((line) => line.includes('limit=')).length).toBeLessThanOrEqual(7);
  });

  it('takes objects of megabytes', async () => {
    open();
    await connected();
    put('big', 'x'.repeat(3_000_000));
    await vi.waitFor(() => expect(seen.at(-1)).toHaveLength('applied big -→'.length + 3_000_000), 10_000);
  });

  it('outlives a listener that throws', async () => {
    open({
      onEvent: ({ object }) => {
        seen.push(object.metadata.name);
        throw new Error('a defect');
      },
    });
    await connected();
    put('a');
    put('b');
    await shows('sync ', 'a', 'b');
  });

  it('tells nothing once it is closed', async () => {
    open();
    await connected();
    await watch?.close();
    put('a');
    await vi.waitFor(() => expect(api.watches()).toBe(0));
    expect(seen).toEqual(['sync ']);
  });
});

describe('whatever happens to the connection', () => {
  type Step = readonly ['put', string] | readonly ['remove', string] | readonly ['disturb', Disturbance];
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const scripts = (disturbances: Disturbance[]) =>
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.tuple(fc.constant('put' as const), name) },
        { weight: 3, arbitrary: fc.tuple(fc.constant('remove' as const), name) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('disturb' as const), fc.constantFrom(...disturbances)) },
      ),
      { minLength: 80, maxLength: 80 },
    );

  /** Plays a script; before every second disturbance the client may catch up, else four in a row without a word would rightly make it list anew. */
  async function play(script: readonly Step[], caughtUp: () => void): Promise<void> {
    let disturbances = 0;
    for (const [index, step] of script.entries()) {
      if (step[0] === 'put') put(step[1], index);
      else if (step[0] === 'remove') api.objects.remove(LIST, step[1]);
      else {
        await connected();
        if (++disturbances % 2 === 0) await vi.waitFor(caughtUp, 10_000);
        api.disturb(step[1]);
      }
    }
    await vi.waitFor(caughtUp, 20_000);
    await watch?.close();
    await vi.waitFor(() => expect(api.watches()).toBe(0));
    for (const { metadata } of api.objects.all(LIST)) api.objects.remove(LIST, metadata.name);
  }

  it('no change is lost, told twice or told out of order while the API server keeps its history', async () => {
    await fc.assert(
      fc.asyncProperty(scripts(['end', 'reset', 'reset-in-line', 'garbage', 'error']), async (script) => {
        const from = api.objects.history.length;
        const told: string[] = [];
        const describeChange = (type: string, { metadata: { name: of, uid } }: { metadata: { name: string; uid?: string } }) => `${type} ${of} ${uid}`;
        open({ onEvent: ({ type, object }) => told.push(describeChange(type, object)) });
        await connected();
        await play(script, () => {
          const made = api.objects.history.slice(from).map(({ type, object }) => describeChange(type === 'DELETED' ? 'deleted' : 'applied', object));
          expect(told).toEqual(made);
        });
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });

  it('what was told is what is, and no version is told twice, also where history is lost', async () => {
    await fc.assert(
      fc.asyncProperty(scripts(['expired', 'reset']), async (script) => {
        const versions: string[] = [];
        const mirror = new Map<string, Item>();
        const wrong: string[] = [];
        open({
          onEvent: ({ type, object, previous }) => {
            if (previous !== mirror.get(object.metadata.name)) wrong.push(`${type} ${object.metadata.name}`);
            if (type === 'deleted') mirror.delete(object.metadata.name);
            else mirror.set(object.metadata.name, object);
            if (type === 'applied') versions.push(object.metadata.resourceVersion);
          },
        });
        await connected();
        await play(script, () => expect([...mirror.values()].sort(byName)).toEqual((api.objects.all(LIST) as Item[]).sort(byName)));
        expect(wrong).toEqual([]);
        expect(new Set(versions).size).toBe(versions.length);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});

function byName(a: Item, b: Item): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
