#!/usr/bin/env node
const OLDEST = 24;

// Nothing is imported before this, so that an old Node.js gets a sentence instead of a stack trace.
if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  process.stderr.write(
    `fib needs Node.js ${OLDEST} or newer, and this is ${process.version}: install it, or add it to your project with \`npm install --save-dev node@${OLDEST}\`\n`,
  );
  process.exit(1);
}
const { runCli } = await import('./program.ts');
process.exitCode = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, cwd: process.cwd(), env: process.env });
