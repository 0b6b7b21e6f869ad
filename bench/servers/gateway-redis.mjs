import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

// Serves the built gateway in this process, with a redis-server of its own as the store: `{ env: 'REDIS_URL' }`.
// Arguments: the gateway's main.js, and its arguments.

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
const redis = spawn('redis-server', args, { stdio: 'ignore' });
redis.unref();
process.on('exit', () => redis.kill());
process.env.REDIS_URL = `redis://127.0.0.1:${port}`;
process.argv.splice(1, 1);
// A gateway whose Redis is not there yet connects a moment later; the first request of the bench checks what it does.
await import(process.argv[1]);
