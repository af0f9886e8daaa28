import { ALERTS } from '../../protocol/names.ts';
import type { Matcher, Silence } from './alertmanager-client.ts';

/** Functions (`<namespace>/<name>`) that a silence freezes: it would silence both their scale-up and their scale-down, whether or not such an alert exists. */
export function frozenFunctions(silences: readonly Silence[], functions: Iterable<string>): Set<string> {
  const tests = silences.map(({ matchers }) => matchers.map(toTest));
  const frozen = new Set<string>();
  if (tests.length === 0) return frozen;
  for (const fn of functions) {
    const [up, down] = [labelsOf(ALERTS.scaleUp, fn), labelsOf(ALERTS.scaleDown, fn)];
    if (tests.some((all) => all.every((test) => test(up) && test(down)))) frozen.add(fn);
  }
  return frozen;
}

type Labels = Readonly<Record<string, string>>;

function labelsOf(alertname: string, fn: string): Labels {
  const slash = fn.indexOf('/');
  return { alertname, function_name: fn, namespace: fn.slice(0, slash), function: fn.slice(slash + 1) };
}

/** As Alertmanager matches: an absent label is empty, a regular expression fits the whole value. One that JavaScript cannot read matches, so that it freezes rather than not. */
function toTest({ name, value, isRegex, isEqual = true }: Matcher): (labels: Labels) => boolean {
  if (!isRegex) return (labels) => ((labels[name] ?? '') === value) === isEqual;
  const pattern = compile(value);
  return pattern ? (labels) => pattern.test(labels[name] ?? '') === isEqual : () => true;
}

function compile(value: string): RegExp | undefined {
  const flags = /^\(\?([is]+)\)/.exec(value);
  try {
    return new RegExp(`^(?:${flags ? value.slice(flags[0].length) : value})$`, `u${flags?.[1] ?? ''}`);
  } catch {
    return undefined;
  }
}
