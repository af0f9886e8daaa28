/** One phase of `Server-Timing` (W3C Server Timing): `queue;dur=1.2`. */
export interface Phase {
  readonly name: string;
  readonly ms: number;
}

/** The phases of a header's value; parts without a duration are left out. */
export function parseServerTiming(value: string | null | undefined): Phase[] {
  return (value ?? '').split(',').flatMap((part) => {
    const [name = '', ...params] = part.split(';').map((text) => text.trim());
    const ms = Number(params.find((param) => param.startsWith('dur='))?.slice(4) ?? Number.NaN);
    return name !== '' && Number.isFinite(ms) ? [{ name, ms }] : [];
  });
}

export function renderPhases(phases: readonly Phase[]): string {
  return phases.map(({ name, ms }) => `${name} ${renderMs(ms)}`).join(', ');
}

export function renderMs(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
