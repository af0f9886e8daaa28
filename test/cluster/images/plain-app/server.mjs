import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const version = readFileSync(new URL('version', import.meta.url), 'utf8').trim();
const { PORT, GREETING, TOKEN } = process.env;

const ROUTES = {
  '/told': () => JSON.stringify({ PORT, GREETING, TOKEN, uid: process.getuid(), args: process.argv.slice(2) }),
  '/write': () => ['/tmp/x', '/app/x'].map(tryWrite).join(', '),
  '/slow': async (url) => {
    await new Promise((resolve) => setTimeout(resolve, Number(url.searchParams.get('ms'))));
    return 'slow';
  },
  '/exit': () => process.exit(7),
};

function tryWrite(file) {
  try {
    writeFileSync(file, 'x');
    return `${file} written`;
  } catch (error) {
    return `${file} ${error.code}`;
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://app');
  const route = ROUTES[`/${url.pathname.split('/').at(-1)}`];
  response.end(route ? await route(url) : version);
});
server.listen(Number(PORT));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
