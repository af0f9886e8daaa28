import { expect, it } from 'vitest';
import { DEFAULT_PORTS, parsePorts } from './ports.ts';

it('--port moves all five ports', () => {
  expect(parsePorts('9000')).toEqual({ gateway: 9000, admin: 9001, scaler: 9002, prometheus: 9003, alertmanager: 9004 });
  expect(parsePorts(undefined)).toEqual(DEFAULT_PORTS);
});

it.each(['0', '65532', '80a', '-1', ''])('--port %j is refused', (text) => {
  expect(() => parsePorts(text)).toThrow(/is not a port/);
});
