import { expect, test } from 'vitest';
import type { Store, StoreWatch } from '../../kit/store/store.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { shareWatches } from './shared-watches.ts';

function open() {
  const opened: StoreWatch<'Function'>[] = [];
  let closed = 0;
  const store = {
    connected: true,
    async watch(_kind: string, watch: StoreWatch<'Function'>) {
      opened.push(watch);
      watch.onSync([sampleFunction('first')]);
      return { close: async () => void closed++ };
    },
  } as unknown as Store;
  return { shared: shareWatches(store), opened, closed: () => closed };
}

function follower() {
  const told: string[] = [];
  const names = (objects: readonly FunctionResource[]) => objects.map(({ metadata }) => metadata.name).join(' ');
  const watch: StoreWatch<'Function'> = {
    onSync: (objects) => void told.push(`all: ${names(objects)}`),
    onEvent: ({ type, object }) => void told.push(`${type} ${object.metadata.name}`),
  };
  return { told, watch };
}

test('parts that follow the same kind share one watch, each told all that is there and then every change', async () => {
  const { shared, opened } = open();
  const [early, late] = [follower(), follower()];
  await shared.watch('Function', early.watch);
  opened[0]?.onEvent({ type: 'applied', object: sampleFunction('second') });
  await shared.watch('Function', late.watch);
  opened[0]?.onEvent({ type: 'deleted', object: sampleFunction('first') });
  expect(opened).toHaveLength(1);
  expect(early.told).toEqual(['all: first', 'applied second', 'deleted first']);
  expect(late.told).toEqual(['all: first second', 'deleted first']);
});

test('parts that begin at once are each told once', async () => {
  const { shared, opened } = open();
  const [one, two] = [follower(), follower()];
  await Promise.all([shared.watch('Function', one.watch), shared.watch('Function', two.watch)]);
  expect([opened.length, one.told, two.told]).toEqual([1, ['all: first'], ['all: first']]);
});

test('the last one that goes ends the watch; who went is told nothing more', async () => {
  const { shared, opened, closed } = open();
  const [one, two] = [follower(), follower()];
  const watches = [await shared.watch('Function', one.watch), await shared.watch('Function', two.watch)];
  await watches[0]?.close();
  opened[0]?.onEvent({ type: 'applied', object: sampleFunction('second') });
  expect([closed(), one.told.length, two.told.length]).toEqual([0, 1, 2]);
  await watches[1]?.close();
  expect(closed()).toBe(1);
});
