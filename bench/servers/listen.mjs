import { createServer } from 'node:http';

/** Listens on any free port of 127.0.0.1 and prints one line of JSON with the address, as `serve --json` does. */
export function listen(handler) {
  const server = createServer(handler).listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` }));
  });
  return server;
}
