// An app that is told of events, played by standardwebhooks: the library verifies every message.
//
// Prints one line of JSON with its addresses when it is ready. POST /control/secret gives it the endpoint's secret.

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';

const { values: given } = parseArgs({
  options: { port: { type: 'string', default: '0' }, 'with-parent': { type: 'boolean', default: false } },
});
// Ends when whoever started it does, however that one ended.
if (given['with-parent']) process.stdin.on('end', () => process.exit(0)).resume();

let webhook;
let told = [];
const waiting = new Set();

const body = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};

/** Takes a message if the library does. */
async function take(request) {
  const id = request.headers['webhook-id'];
  try {
    told.push({ id, event: webhook.verify(await body(request), request.headers) });
    return 204;
  } catch (error) {
    told.push({ id, refused: error.message });
    return 401;
  } finally {
    for (const tell of waiting) tell();
  }
}

/** What it was told, when it was told so often or after so many milliseconds. */
function tell(query) {
  const [count, wait] = ['count', 'wait'].map((name) => Number(query.get(name)));
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      waiting.delete(look);
      const all = told;
      told = [];
      resolve(all);
    };
    const look = () => told.length >= count && done();
    const timer = setTimeout(done, wait);
    waiting.add(look);
    look();
  });
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const json = (value) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  if (url.pathname === '/hooks') return response.writeHead(await take(request)).end();
  if (url.pathname === '/told') return json(await tell(url.searchParams));
  if (url.pathname === '/control/secret') {
    webhook = new Webhook(JSON.parse(await body(request)).secret);
    return json({});
  }
  return response.writeHead(404).end();
});
server.listen(Number(given.port), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ url, hooks: `${url}/hooks` }));
});
