// node:http: the gateway has every path that the application does not.
import { createServer } from 'node:http';
import { createGateway, createNodeHandler, loadConfig } from 'delegation-gateway';

const gateway = await createGateway(loadConfig('gateway.yaml'));
const handleDelegation = createNodeHandler(gateway);

const server = createServer((request, response) => {
  if (request.url === '/hello') return response.end('Hello');
  return handleDelegation(request, response);
});
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => console.log(server.address().port));
