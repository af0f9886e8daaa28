import type { Fleet, FleetEvent, Instance, InstanceTemplate } from '../../kit/fleet/fleet.ts';

/** For tests: a fleet whose instances come up, leave and die when the test says so. */
export class FakeFleet implements Fleet {
  readonly instances = new Map<string, { -readonly [K in keyof Instance]: Instance[K] }>();
  readonly kept = new Map<string, number>();
  readonly listeners = new Set<(event: FleetEvent) => void>();
  readonly missing = new Map<string, string>();
  #count = 0;

  keep(template: InstanceTemplate, unleased: number): void {
    this.kept.set(template.key, unleased);
  }
  comeUp(template: InstanceTemplate): string {
    const id = `i${++this.#count}`;
    this.instances.set(id, { id, template, state: 'idle', startedAt: 0, dataAddress: `${id}:1`, controlUrl: `http://${id}:2` });
    this.#emit({ type: 'idle', instance: this.instances.get(id) as Instance });
    return id;
  }
  die(id: string): void {
    const instance = this.instances.get(id) as Instance;
    this.instances.delete(id);
    this.#emit({ type: 'gone', instance, reason: 'killed' });
  }
  lease(key: string): Instance | undefined {
    const instance = [...this.instances.values()].find(({ template, state }) => template.key === key && state === 'idle');
    if (instance) instance.state = 'leased';
    return instance && { ...instance };
  }
  claim(id: string): Instance | undefined {
    const instance = this.instances.get(id);
    if (instance?.state !== 'idle') return undefined;
    instance.state = 'leased';
    return { ...instance };
  }
  connected = true;
  leave(id: string): void {
    this.#emit({ type: 'leaving', instance: this.instances.get(id) as Instance, reason: 'its node is drained' });
  }
  async assign(): Promise<void> {}
  async stop(id: string): Promise<void> {
    if (this.instances.has(id)) this.die(id);
  }
  list = () => [...this.instances.values()];
  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  unavailable = (runtime: string) => this.missing.get(runtime);
  async close(): Promise<void> {}
  #emit(event: FleetEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
