import { findDevFile } from '../project.ts';
import { defineCommand } from '../command.ts';
import { renderTable } from '../table.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to run where it is not well. */
  readonly wayOut?: string;
}

/** `fib doctor`: what this machine has and lacks. */
export const doctor = defineCommand({
  declare: (program) => program.command('doctor').description('Name what is missing on this machine, and the line to run.'),
  async run({ terminal, cwd, env }) {
    const [{ findToolchain }, { readDevFile }] = await Promise.all([import('../dev/toolchain.ts'), import('../dev/dev-file.ts')]);
    const { python, go, java, monitoring } = await findToolchain(cwd, env);
    const devFile = findDevFile(cwd);
    const running = devFile === undefined ? undefined : await readDevFile(devFile);
    const findings: Finding[] = [
      { what: 'Node.js', ok: true, detail: `${process.version} at ${process.execPath}` },
      {
        what: 'Python',
        ...('path' in python ? { ok: true, detail: python.path } : { ok: false, detail: `runtime python is off: ${python.missing}`, wayOut: python.wayOut }),
      },
      {
        what: 'Go',
        ...('file' in go
          ? { ok: true, detail: 'compiles functions and their watcher' }
          : { ok: false, detail: `runtime go is off: ${go.missing}`, wayOut: go.wayOut }),
      },
      {
        what: 'Java',
        ...('file' in java
          ? { ok: true, detail: `${java.java} compiles functions and their watcher` }
          : { ok: false, detail: `runtime java is off: ${java.missing}`, wayOut: java.wayOut }),
      },
      {
        what: 'Monitoring',
        ...('prometheus' in monitoring
          ? { ok: true, detail: `${monitoring.prometheus}, ${monitoring.alertmanager}` }
          : { ok: false, detail: `scaling by rules is off: ${monitoring.missing}`, wayOut: monitoring.wayOut }),
      },
      // None is needed but for functions from images, of which this command knows nothing.
      { what: 'Containers', ok: true, detail: await containers() },
      { what: 'Platform', ok: true, detail: running ? `process ${running.pid} runs ${running.stack} at ${running.urls.gateway}` : 'none runs for this folder' },
    ];
    const well = findings.every(({ ok }) => ok);
    terminal.result({ ok: well, findings }, () => {
      const rows = findings.map(({ what, ok, detail }) => [ok ? terminal.paint('green', '✓') : terminal.paint('yellow', '!'), what, detail]);
      const waysOut = findings.flatMap(({ wayOut }) => (wayOut === undefined ? [] : [`  run: ${wayOut}`]));
      return [renderTable(rows), ...waysOut].join('\n');
    });
    return well ? 0 : 4;
  },
});

async function containers(): Promise<string> {
  const { createContainerPrograms } = await import('../../kit/fleet/local-container-program.ts');
  const programs = createContainerPrograms();
  return programs.find().catch((error: Error) => `only functions from images need it: ${error.message}`);
}
