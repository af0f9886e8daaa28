import { runBenches } from './benches.ts';

// `npm run bench [-- --json] [-- name…]`. A bench may leave timers or sockets behind; what was measured is printed.
process.exit(await runBenches({ folder: import.meta.dirname, args: process.argv.slice(2) }));
