import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEMPLATES } from '../../cli/init/templates.ts';
import { createProject, type TestProject } from './cli-world/project.ts';

describe('fib init', () => {
  let project: TestProject;
  beforeEach(async () => {
    project = await createProject({});
  });
  afterEach(() => project.close());
  const read = (path: string) => readFile(join(project.dir, path), 'utf8');

  it('lists every template with its runtimes in its help', async () => {
    const { stdout } = await project.fib(['init', '--help']);
    for (const [name, { runtimes }] of Object.entries(TEMPLATES))
      expect(stdout).toMatch(new RegExp(`^  ${name} .*\\(${Object.keys(runtimes).join(', ')}\\)$`, 'm'));
  });

  it('says what to run next', async () => {
    const { stdout } = await project.fib(['init', 'mine', '--template', 'cron', '--runtime', 'python']);
    expect(stdout).toMatch(/\+ functions\/cleanup\/main\.py[^]*Next:\n {2}cd mine\n {2}npm install\n {2}npx fib dev\n$/);
  });

  it.each([
    [['--template', 'htttp'], 'there is no template htttp; there are http, cron, event, web-api, voice-skill, ml'],
    [['--template', 'toString'], 'there is no template toString'],
    [['--template', '../project'], 'there is no template ../project'],
    [['--template', 'ml', '--runtime', 'go'], 'the template ml has no runtime go; it has python'],
    [['--runtime', 'rust'], 'the template http has no runtime rust; it has nodejs, python, go, java'],
  ])('refuses %j and names what there is', async (options, message) => {
    const { code, stderr } = await project.fib(['init', 'mine', ...options]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    await expect(read('mine/stack.ts')).rejects.toThrow('ENOENT');
  });

  it('writes into a folder that is there, keeps what is shared, and gives package.json what it lacks', async () => {
    const own = {
      'README.md': '# Mine\n',
      '.gitignore': 'mine/\n',
      'package.json': '{"name":"mine","version":"2.0.0","scripts":{"test":"vitest"},"dependencies":{"left-pad":"1.3.0"}}',
    };
    await project.write(own);
    const { stdout } = await project.fib(['init', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ kept: expect.arrayContaining(['README.md', '.gitignore']) });
    expect([await read('README.md'), await read('.gitignore')]).toEqual([own['README.md'], own['.gitignore']]);
    expect(JSON.parse(await read('package.json'))).toMatchObject({
      name: 'mine',
      version: '2.0.0',
      type: 'module',
      scripts: { test: 'vitest', dev: 'fib dev' },
      dependencies: { 'left-pad': '1.3.0', 'fibonacci-faas': expect.stringMatching(/^\^\d/) },
    });
  });

  it('changes nothing where a file of the function is in the way', async () => {
    await project.write({ 'functions/hello/main.py': 'mine' });
    const { code, stderr } = await project.fib(['init', '--runtime', 'python']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('has functions/hello/main.py already: name another folder')]);
    expect(await read('functions/hello/main.py')).toBe('mine');
    await expect(read('stack.ts')).rejects.toThrow('ENOENT');
  });

  it('changes nothing where package.json cannot be read', async () => {
    await project.write({ 'package.json': '{,}' });
    const { code, stderr } = await project.fib(['init']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/USAGE .*package\.json cannot be read: .*; correct it, or name another folder/)]);
    await expect(read('stack.ts')).rejects.toThrow('ENOENT');
  });
});
