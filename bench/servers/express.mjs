import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import express from 'express';
import { expressjwt } from 'express-jwt';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { cert, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import jwt from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';
import { listen } from './listen.mjs';
import { settings } from './settings.mjs';

// A delegation as people write it from the documentation of these packages: with PEM texts and secrets as strings, or, with
// `key-objects`, with keys that are imported once.

const [, , , mode] = process.argv;
const usesKeyObjects = mode === 'key-objects';
const readSecret = (text) => (usesKeyObjects ? createSecretKey(Buffer.from(text)) : text);
const readPrivateKey = (pem) => (usesKeyObjects ? createPrivateKey(pem) : pem);

const { issuer, audiences, jwksUri, tenantIssuer, firebase } = settings;
const callerSecret = readSecret(settings.callerSecret);
const targets = {
  api: { key: readSecret(settings.targetSecret), algorithm: 'HS256' },
  mobile: { key: readPrivateKey(settings.tenantKey), algorithm: 'RS256', keyid: 'tenant-1' },
};

const jwks = { jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 };
const findKey = usesKeyObjects ? keyObjectsOf(jwksRsa(jwks)) : jwksRsa.expressJwtSecret(jwks);

/** Imports each public key once. */
function keyObjectsOf(client) {
  const keys = new Map();
  return async (_request, { header: { kid } }) => {
    if (!keys.has(kid)) keys.set(kid, createPublicKey((await client.getSigningKey(kid)).getPublicKey()));
    return keys.get(kid);
  };
}

const verify = {
  HS256: expressjwt({ secret: callerSecret, algorithms: ['HS256'], issuer, audience: audiences.HS256 }),
  RS256: expressjwt({ secret: findKey, algorithms: ['RS256'], issuer, audience: audiences.RS256 }),
};
const limit = rateLimit({
  windowMs: 60_000,
  limit: settings.burst,
  standardHeaders: 'draft-7',
  keyGenerator: ({ auth, ip }) => `${auth.sub} ${ipKeyGenerator(ip)}`,
});
const admin = initializeApp({
  credential: cert({ projectId: 'demo', clientEmail: firebase.clientEmail, privateKey: firebase.privateKey }),
});

async function delegate({ auth, body }, response) {
  if (body.target === 'chat') {
    return response.json({ token: await getAuth(admin).createCustomToken(auth.sub), token_type: 'Bearer' });
  }
  const target = targets[body.target];
  if (!target) return response.status(400).json({ error: 'invalid_target' });
  const { key, ...options } = target;
  const token = jwt.sign({ azp: auth.aud }, key, {
    ...options,
    issuer: tenantIssuer,
    subject: auth.sub,
    audience: body.target,
    expiresIn: 36_000,
  });
  response.json({ token, token_type: 'Bearer', expires_in: 36_000 });
}

const app = express();
app.set('trust proxy', 'loopback');
app.use(express.json());
for (const [algorithm, check] of Object.entries(verify)) app.post(`/delegation/${algorithm}`, check, limit, delegate);
// Express takes a function of four parameters for its error handler.
app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: error.code }));
listen(app);
