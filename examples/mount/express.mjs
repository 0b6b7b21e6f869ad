// Express 5: `app.use` takes /identity off the path, so there is no `basePath`. Parsers of bodies may come before.
import { createGateway, createNodeHandler, loadConfig } from 'delegation-gateway';
import express from 'express';

const gateway = await createGateway(loadConfig('gateway.yaml'));

const app = express();
app.use(express.json(), express.urlencoded());
app.get('/hello', (_request, response) => response.send('Hello'));
app.use('/identity', createNodeHandler(gateway));

const server = app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => console.log(server.address().port));
