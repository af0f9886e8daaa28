/** Plain counters in Prometheus' text format; on the hot path an increment is one addition to a cell that was looked up before. */
export interface Cell {
  value: number;
}

type Labels = Readonly<Record<string, string>>;

export interface Family {
  /** The cell of these labels, made at 0 when new. Keep it: the look-up is not for the hot path. */
  cell(labels: Labels): Cell;
  /** Forgets the cells whose labels include these. */
  forget(labels: Labels): void;
}

export interface Metrics {
  counter(name: string, help: string): Family;
  gauge(name: string, help: string): Family;
  histogram(name: string, help: string, buckets: readonly number[]): { observe(labels: Labels, value: number): void };
  /** Called before each exposition, to set gauges. */
  onCollect(collect: () => void): void;
  /** Text exposition format 0.0.4. */
  render(): string;
}

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function createMetrics(): Metrics {
  const families: { name: string; text(): string }[] = [];
  const collectors: (() => void)[] = [];
  const plain = (type: 'counter' | 'gauge') => (name: string, help: string) => {
    const family = createFamily(name);
    families.push({ name, text: () => `${header(name, help, type)}${family.text()}` });
    return family;
  };
  return {
    counter: plain('counter'),
    gauge: plain('gauge'),
    histogram(name, help, buckets) {
      const parts = { bucket: createFamily(`${name}_bucket`), sum: createFamily(`${name}_sum`), count: createFamily(`${name}_count`) };
      families.push({ name, text: () => header(name, help, 'histogram') + parts.bucket.text() + parts.sum.text() + parts.count.text() });
      return {
        observe(labels, value) {
          for (const le of [...buckets, Infinity]) {
            const cell = parts.bucket.cell({ ...labels, le: le === Infinity ? '+Inf' : String(le) });
            if (value <= le) cell.value++;
          }
          parts.sum.cell(labels).value += value;
          parts.count.cell(labels).value++;
        },
      };
    },
    onCollect: (collect) => void collectors.push(collect),
    render() {
      for (const collect of collectors) collect();
      return families.map((family) => family.text()).join('');
    },
  };
}

function createFamily(name: string): Family & { text(): string } {
  const cells = new Map<string, { labels: Labels; cell: Cell }>();
  return {
    cell(labels) {
      const key = renderLabels(labels);
      let entry = cells.get(key);
      if (!entry) cells.set(key, (entry = { labels, cell: { value: 0 } }));
      return entry.cell;
    },
    forget(labels) {
      for (const [key, entry] of cells) {
        if (Object.entries(labels).every(([name, value]) => entry.labels[name] === value)) cells.delete(key);
      }
    },
    text() {
      let text = '';
      for (const [key, { cell }] of cells) text += `${name}${key} ${cell.value}\n`;
      return text;
    },
  };
}

function header(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function renderLabels(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  return `{${entries.map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`).join(',')}}`;
}
