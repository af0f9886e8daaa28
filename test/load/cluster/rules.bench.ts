import type { PlatformTransform } from '../../../constructs/platform/platform-props.ts';
import { PLATFORM_PORTS, PROMETHEUS_NAME, SCALER_NAME } from '../../../protocol/cluster-names.ts';
import { podPool } from '../../contract/platform.ts';
import type { Measure } from '../measure.ts';
import { measureBothLoops, measureRulesAlone, RIGHT } from '../rules/steps.ts';
import { longestScrape, objectsOf, type RulesWorld } from '../rules/world.ts';
import { machineLoad } from './machine-load.ts';
import { type BenchPlatform, openBenchPlatform } from './world.ts';

/** The steps of one machine, with Prometheus and Alertmanager as they are bundled, and pods. */
export async function run(): Promise<Measure[]> {
  const alone = await within({ demand: 'off', pool: RIGHT + 4 }, measureRulesAlone);
  const both = await within({ demand: 'on', pool: RIGHT + 4 }, measureBothLoops);
  return [...alone, ...both].map((measure) => ({ ...measure, name: `on pods: ${measure.name} (${machineLoad()})` }));
}

async function within({ demand, pool }: { demand: 'on' | 'off'; pool: number }, work: (world: RulesWorld) => Promise<Measure[]>): Promise<Measure[]> {
  const transform = { [`Deployment/${SCALER_NAME}`]: setDemand(demand) };
  const platform = await openBenchPlatform({ topic: 'bench-rules', platform: { transform } });
  try {
    await platform.apply(podPool('bench', { min: pool, max: pool, memory: '128Mi' }));
    return await work(await worldOf(platform, pool));
  } finally {
    await platform.close();
  }
}

function setDemand(demand: string): PlatformTransform {
  return (deployment) => void deployment.spec.template.spec.containers[0].env.push({ name: 'FIB_DEMAND', value: demand });
}

async function worldOf(platform: BenchPlatform, pool: number): Promise<RulesWorld> {
  const { namespace, url } = platform.installed;
  const [prometheus] = await platform.window.podsOf(PROMETHEUS_NAME);
  const prometheusUrl = `http://${prometheus?.status.podIP}:${PLATFORM_PORTS.prometheus}`;
  return {
    state: platform.state,
    namespace,
    url: (name) => `${url}/${name}`,
    async add(fn) {
      await platform.until(({ pools }) => pools.some(({ idle }) => idle >= pool), 300_000);
      const { pkg, objects } = objectsOf(fn);
      await platform.putPackage(pkg);
      await platform.apply(...objects);
      const known = `${namespace}/${fn.name}`;
      await platform.until(({ functions }) => functions.some(({ name, revision }) => name === known && revision !== null));
    },
    async remove(fn) {
      for (const { kind, metadata } of objectsOf(fn).objects) await platform.remove(kind, metadata.name);
    },
    longestScrape: (seconds) => longestScrape(prometheusUrl, seconds),
    close: () => platform.close(),
  };
}
