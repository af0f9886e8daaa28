import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once it holds, asked ten times a second; what it throws is as good as no. @throws Error with the words given */
export async function eventually(holds: () => Promise<boolean>, otherwise: () => string | Promise<string>, timeoutMs = 60_000): Promise<void> {
  for (const until = performance.now() + timeoutMs; !(await holds().catch(() => false));) {
    if (performance.now() > until) throw new Error(await otherwise());
    await sleep(100);
  }
}
