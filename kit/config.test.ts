import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { gatewayConfig, scalerConfig } from '../protocol/config.ts';
import { parseConfig, renderEnv } from './config.ts';

const good = { FIB_STORE_DIR: '/s', FIB_INTERNAL_TOKEN: 't', FIB_GATEWAY_ID: 'g', FIB_SCALER_URL: 'http://127.0.0.1:1' };

const inCluster = {
  FIB_WORLD: 'kubernetes',
  FIB_NAMESPACES: 'shop, billing',
  FIB_POD_NAME: 'fibonacci-scaler-1',
  FIB_POD_NAMESPACE: 'fibonacci-system',
  FIB_POD_IP: '10.0.0.7',
  FIB_WORKLOADS_FILE: '/etc/fibonacci/workloads.json',
};

describe('process configuration', () => {
  it('fills defaults and freezes the result', () => {
    const config = parseConfig(gatewayConfig, good);
    expect(config).toMatchObject({ port: 8080, logLevel: 'info', retries: 'on' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('reports every problem in one error', () => {
    const parse = () => parseConfig(gatewayConfig, { ...good, FIB_GATEWAY_ID: '', FIB_PORT: '99999', FIB_ADMIN_PORT: '-1', FIB_LOG_LEVEL: 'loud' });
    expect(parse).toThrow(/FIB_GATEWAY_ID is required.*\n.*FIB_PORT=99999.*\n.*FIB_ADMIN_PORT=-1/);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: { problems: expect.arrayContaining([expect.stringContaining('FIB_LOG_LEVEL=loud')]) } }),
    );
  });

  it.each(['1e3', ' 8080', '0x1F', '8080.5', 'NaN'])('takes no number written as %j', (FIB_PORT) => {
    expect(() => parseConfig(gatewayConfig, { ...good, FIB_PORT })).toThrow(/not a whole number/);
  });

  it('renders an environment that parses to the same values', () => {
    const config = parseConfig(scalerConfig, {
      FIB_STORE_DIR: '/s',
      FIB_INTERNAL_TOKEN: 't',
      FIB_STATE_DIR: '/x',
      FIB_PACKAGE_DIR: '/p',
      FIB_RUNTIMES_DIR: '/r',
      FIB_DEMAND: 'off',
    });
    expect(parseConfig(scalerConfig, renderEnv(scalerConfig, config))).toEqual(config);
  });

  it('asks for a store’s folder on one machine, and in a cluster for namespaces and the pod instead', () => {
    expect(() => parseConfig(scalerConfig, {})).toThrow(/FIB_STORE_DIR is required in world local/);
    expect(() => parseConfig(scalerConfig, {})).not.toThrow(/FIB_NAMESPACES/);
    expect(() => parseConfig(scalerConfig, { FIB_WORLD: 'kubernetes' })).toThrow(/FIB_NAMESPACES is required in world kubernetes[\s\S]*FIB_WORKLOADS_FILE/);
    expect(parseConfig(scalerConfig, inCluster)).toMatchObject({ storeDir: '', namespaces: ['shop', 'billing'] });
  });

  describe('a value in a file', () => {
    const dir = mkdtempSync(join(tmpdir(), 'config-'));
    const file = join(dir, 'token');
    afterEach(() => rmSync(file, { force: true }));

    it('is read without the line’s end', () => {
      writeFileSync(file, 'from-a-file\n');
      expect(parseConfig(gatewayConfig, { ...good, FIB_INTERNAL_TOKEN: undefined, FIB_INTERNAL_TOKEN_FILE: file }).internalToken).toBe('from-a-file');
    });

    it('must be there, and not beside the variable itself', () => {
      const parse = () => parseConfig(gatewayConfig, { ...good, FIB_INTERNAL_TOKEN_FILE: file });
      expect(parse).toThrow(/FIB_INTERNAL_TOKEN and FIB_INTERNAL_TOKEN_FILE are both set[\s\S]*cannot be read/);
    });

    it('is never taken for a setting of its own', () => {
      const names = [gatewayConfig, scalerConfig].flatMap((schema) => Object.values(schema).map(({ env }) => env));
      expect(names.filter((name) => names.includes(`${name}_FILE`))).toEqual([]);
    });
  });
});
