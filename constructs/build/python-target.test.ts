import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { IMAGE_PYTHON, imageTarget, machineTarget } from './python-target.ts';

const containerfile = readFileSync(new URL('../../runtimes/python/Containerfile', import.meta.url), 'utf8');

test('wheels are for the Python and the Debian of the runtime image', () => {
  expect(containerfile).toContain(`ARG BASE=python:${IMAGE_PYTHON}-slim-bookworm\n`);
});

test.each([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
] as const)('wheels for %s nodes fit every glibc up to that of the image', (architecture, machine) => {
  const { platforms } = imageTarget(architecture);
  expect(platforms[0]).toBe(`manylinux_2_36_${machine}`);
  expect(platforms).toEqual(expect.arrayContaining([`manylinux_2_28_${machine}`, `manylinux_2_17_${machine}`, `manylinux2014_${machine}`]));
  expect(platforms).not.toContain(`manylinux_2_37_${machine}`);
});

test('a Python that is not there is told with the way out', () => {
  expect(() => machineTarget('/nowhere/python3')).toThrow(/pip of \/nowhere\/python3, and .*ENOENT: run .* FIB_PYTHON/);
});
