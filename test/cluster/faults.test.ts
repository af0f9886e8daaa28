import { afterAll, beforeAll, describe } from 'vitest';
import { apiServerDown } from './faults/api-server-down.ts';
import { gatewayEnded } from './faults/gateway-ended.ts';
import { gatewayKilled } from './faults/gateway-killed.ts';
import { kubeletRestarted } from './faults/kubelet-restarted.ts';
import { leaderKilled } from './faults/leader-killed.ts';
import { monitoringFaults } from './faults/monitoring.ts';
import { nodeDrained } from './faults/node-drained.ts';
import { podKilled } from './faults/pod-killed.ts';
import { poolDrained } from './faults/pool-drained.ts';
import { rollingUpdate } from './faults/rolling-update.ts';
import { FAULT_TIMEOUT_MS, type FaultWorld, openFaultWorld } from './faults/world.ts';

/** One platform, and one fault after the other: each waits until the one before has healed. */
describe('with requests under way', { timeout: FAULT_TIMEOUT_MS }, () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await openFaultWorld();
  });
  afterAll(() => world?.close());
  const current = () => world;

  podKilled(current);
  gatewayEnded(current);
  gatewayKilled(current);
  leaderKilled(current);
  poolDrained(current);
  nodeDrained(current);
  rollingUpdate(current);
  kubeletRestarted(current);
  apiServerDown(current);
  monitoringFaults(current);
});
