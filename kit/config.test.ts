import { describe, expect, it } from 'vitest';
import { gatewayConfig, scalerConfig } from '../protocol/config.ts';
import { parseConfig, renderEnv } from './config.ts';

const good = { FIB_STORE_DIR: '/s', FIB_INTERNAL_TOKEN: 't', FIB_GATEWAY_ID: 'g', FIB_SCALER_URL: 'http://127.0.0.1:1' };

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
});
