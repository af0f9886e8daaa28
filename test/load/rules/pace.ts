import { Agent, request } from 'undici';

export interface Pace {
  /** Requests a second from now on. */
  setRate(rps: number): void;
  /** Sent, and answered with 200, since the last call. */
  take(): { readonly sent: number; readonly ok: number };
  close(): Promise<void>;
}

const TICK_MS = 5;
/** What a client that was held up sends late would be a load that nobody asked for: beyond this much it is left out, and shows as not sent. */
const CATCH_UP_S = 0.1;

/** Sends GET requests at a rate, evenly, and never waits for answers before it sends the next. A client that comes too late sends fewer. */
export function startPace(url: string): Pace {
  const agent = new Agent({ connections: 256, pipelining: 1 });
  const open = new Set<Promise<void>>();
  let rate = 0;
  let due = 0;
  let last = performance.now();
  let counts = { sent: 0, ok: 0 };

  const send = async () => {
    counts.sent++;
    const mine = counts;
    try {
      const { statusCode, body } = await request(url, { dispatcher: agent });
      await body.dump();
      if (statusCode === 200) mine.ok++;
    } catch {
      // Counted as sent and not as answered.
    }
  };
  const timer = setInterval(() => {
    const now = performance.now();
    due = Math.min(due + (rate * (now - last)) / 1000, rate * CATCH_UP_S + 1);
    last = now;
    for (; due >= 1; due--) {
      const sending = send();
      open.add(sending);
      void sending.then(() => open.delete(sending));
    }
  }, TICK_MS);
  return {
    setRate: (rps) => void (rate = rps),
    take() {
      const taken = counts;
      counts = { sent: 0, ok: 0 };
      return taken;
    },
    async close() {
      clearInterval(timer);
      await agent.destroy();
      await Promise.all(open);
    },
  };
}
