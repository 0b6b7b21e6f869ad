import { listen } from './listen.mjs';

// The floor under every server of Node: reads a body, parses it and answers.
listen((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { query } = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ data: { hello: query === '{ hello }' ? 'world' : null } }));
  });
});
