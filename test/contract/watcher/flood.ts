import { Agent } from 'node:http';
import { Exchange, type RequestSpec } from './exchange.ts';
import type { Outcome } from './match.ts';

export interface Flood {
  /** Goes on until so many answers have come (10 s at the most), then lets what is under way finish: a fast watcher is through its updates before. */
  end(atLeast: number): Promise<{ readonly answered: number; readonly problems: readonly string[] }>;
}

/** Requests over and over on kept-alive connections. A marked refusal is sent again on a new connection, as the gateway does; anything else must pass `check`. */
export function startFlood(port: () => number, spec: RequestSpec, connections: number, check: (outcome: Outcome) => string[]): Flood {
  let going = true;
  let answered = 0;
  const problems: string[] = [];

  const worker = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (going) {
      let outcome = await new Exchange(port(), spec, { agent }).done;
      for (let tries = 0; tries < 20 && outcome.headers['fibonacci-not-started'] === '1'; tries += 1) outcome = await new Exchange(port(), spec).done;
      answered += 1;
      problems.push(...check(outcome));
    }
    agent.destroy();
  };

  const workers = Promise.all(Array.from({ length: connections }, worker));
  return {
    async end(atLeast) {
      const limit = performance.now() + 10_000;
      while (answered < atLeast && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 5));
      going = false;
      await workers;
      return { answered, problems };
    },
  };
}
