// Fastify 5: within the plugin no parser reads bodies, and the gateway answers by itself.
import { createGateway, createNodeHandler, loadConfig } from 'delegation-gateway';
import Fastify from 'fastify';

const gateway = await createGateway(loadConfig('gateway.yaml'), { basePath: '/identity' });
const handleDelegation = createNodeHandler(gateway);

const app = Fastify();
app.get('/hello', () => 'Hello');
app.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _body, done) => done(null));
  scope.all('/identity/*', (request, reply) => {
    reply.hijack();
    return handleDelegation(request.raw, reply.raw);
  });
});
app.addHook('onClose', () => gateway.close());

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 4000) });
console.log(app.server.address().port);
