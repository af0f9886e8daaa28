/** Works on all items, `width` at a time. @throws the first error, once those under way have ended */
export async function inParallel<T>(items: Iterable<T>, width: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const line = items[Symbol.iterator]();
  let failed = false;
  const worker = async () => {
    for (let next = line.next(); !next.done && !failed; next = line.next()) {
      await work(next.value).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, worker));
  const first = ended.find((result) => result.status === 'rejected');
  if (first) throw first.reason;
}
