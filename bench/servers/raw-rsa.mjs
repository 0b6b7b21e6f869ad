import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { listen } from './listen.mjs';
import { settings } from './settings.mjs';

// The limit of a process: RSA-2048 on the thread pool and nothing else. `GET /sign?milliseconds=500` calls it for that long
// and answers with the number of calls.

const IN_FLIGHT = 16;
/** About as long as the signed part of an app token. */
const SIGNED = Buffer.alloc(400, 'x');

const signOnPool = promisify(sign);
const verifyOnPool = promisify(verify);
const privateKey = createPrivateKey(settings.tenantKey);
const publicKey = createPublicKey(privateKey);
const signature = sign('sha256', SIGNED, privateKey);

const calls = {
  '/sign': () => signOnPool('sha256', SIGNED, privateKey),
  '/verify': () => verifyOnPool('sha256', SIGNED, publicKey, signature),
};

listen(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  const end = performance.now() + Number(searchParams.get('milliseconds'));
  const histogram = createHistogram();
  const work = async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await calls[pathname]();
      histogram.record(Math.ceil((performance.now() - begun) * 1000));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  response.end(
    JSON.stringify({
      calls: histogram.count,
      p50Ms: histogram.percentile(50) / 1000,
      p99Ms: histogram.percentile(99) / 1000,
    }),
  );
});
