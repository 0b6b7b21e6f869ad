import { expect } from 'vitest';
import type { AttackRequest, Theme } from '../attack.js';
import type { Answer } from '../endpoints.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';
import { type HttpAnswer, type HttpRequest, LAST_REQUEST, sendBytes, toBytes } from '../wire.js';

const HOST = 'Host: gateway.test';
const OTHER_TENANT: Setting = {
  change({ tenants }) {
    const globex = structuredClone(tenants[0]!);
    Object.assign(globex, { name: 'globex', hosts: ['globex.test'], issuer: 'https://globex.example.com/' });
    tenants.push(globex);
  },
};

const honest = ({ token }: Scene) => ({ idToken: token() });
/** The honest request as it is sent. */
const write = (scene: Scene): HttpRequest => scene.endpoint.write(honest(scene));

/** The headers of a request without Host, a line each. */
const lines = ({ headers }: HttpRequest): string[] =>
  Object.entries(headers).flatMap(([name, value]) => (name === 'Host' ? [] : [`${name}: ${value}`]));

/**
 * A request with these headers, in whose body an honest one is hidden, after the end of an empty chunked body. It must be
 * the only one that is answered.
 */
const hiding =
  (...framing: readonly string[]) =>
  (scene: Scene): AttackRequest =>
    hide(scene, `0\r\n\r\n${toBytes(write(scene)).toString('latin1')}`, framing);

function hide(scene: Scene, body: string, framing: readonly string[]): AttackRequest {
  const request = { ...write(scene), body };
  const headers = [HOST, ...lines(request), ...framing.map((line) => line.replace('LENGTH', `${body.length}`))];
  return () => sendOnly(scene, Buffer.concat([toBytes(request, headers), Buffer.from(LAST_REQUEST)]));
}

/** Sends bytes that must get one answer, after which the connection ends. */
async function sendOnly({ server }: Scene, bytes: Uint8Array): Promise<Answer> {
  const answers = await sendBytes(server.port, bytes);
  expect(answers.map(({ status }) => status)).toHaveLength(1);
  return toAnswer(answers[0]!);
}

/** Answers of node:http have no body. */
function toAnswer(answer: HttpAnswer): Answer {
  return { ...answer, error: undefined, message: undefined, token: undefined, refreshToken: undefined };
}

/** An honest request with other bytes: `change` edits its text. `read` reads the answer, by default as the endpoint does. */
const edited =
  (change: (text: string, request: HttpRequest) => string, read?: (answer: HttpAnswer) => Answer) =>
  (scene: Scene): AttackRequest =>
  async () => {
    const request = write(scene);
    const text = change(toBytes(request).toString('latin1'), request);
    return (read ?? scene.endpoint.read)(await sendFirst(scene, Buffer.from(text, 'latin1')));
  };

async function sendFirst({ server }: Scene, bytes: Uint8Array): Promise<HttpAnswer> {
  const [first] = await sendBytes(server.port, Buffer.concat([bytes, Buffer.from(LAST_REQUEST)]));
  if (!first) throw new Error('there was no answer');
  return first;
}

const each =
  (...shapes: readonly ((scene: Scene) => AttackRequest)[]) =>
  (scene: Scene): AttackRequest[] =>
    shapes.map((shape) => shape(scene));

export const SMUGGLING: Theme = {
  title: 'A request that two servers could read differently',
  setting: OTHER_TENANT,
  attacks: [
    {
      name: 'A request has Content-Length and Transfer-Encoding, and hides another request in its body',
      source: 'RFC 9112 §6.1 and §11.2, CVE-2022-32215',
      attack: each(
        hiding('Content-Length: LENGTH', 'Transfer-Encoding: chunked'),
        hiding('Transfer-Encoding: chunked', 'Content-Length: LENGTH'),
        hiding('Content-Length: LENGTH', 'Transfer-Encoding: CHUNKED'),
        hiding('Content-Length: LENGTH', 'Transfer-Encoding: x, chunked'),
      ),
      control: honest,
      outcome: { rejected: 400 },
    },
    {
      name: 'A request has several lengths, or one that is no number',
      source: 'RFC 9112 §6.3, RFC 9110 §8.6',
      attack: each(
        hiding('Content-Length: LENGTH', 'Content-Length: 5'),
        hiding('Content-Length: 5', 'Content-Length: LENGTH'),
        hiding('Content-Length: 5, 5'),
        ...['+5', '-5', '0x5', '5;', '5e0', ''].map((length) => hiding(`Content-Length: ${length}`)),
      ),
      control: honest,
      outcome: { rejected: 400 },
    },
    {
      name: 'A request disguises its Transfer-Encoding, so that only one of two servers reads it',
      source: 'RFC 9112 §6.1, CVE-2022-32213, CVE-2022-35256',
      attack: each(
        ...['xchunked', 'chunked, identity', 'identity', '\x0bchunked', 'chunked\x00', '"chunked"'].flatMap(
          (coding) => [
            hiding(`Transfer-Encoding: ${coding}`),
            hiding('Content-Length: LENGTH', `Transfer-Encoding: ${coding}`),
          ],
        ),
        hiding('Content-Length: LENGTH', 'Transfer-Encoding : chunked'),
        hiding('Content-Length: LENGTH', 'Transfer-Encoding:\r\n chunked'),
        hiding('Transfer-Encoding: chunked', 'Transfer-Encoding: x'),
      ),
      control: honest,
      outcome: { rejected: 400 },
    },
    {
      name: 'A request ends its lines with a bare line feed or a bare carriage return',
      source: 'RFC 9112 §2.2, CVE-2023-30589, CVE-2022-32214',
      attack: each(
        hiding('X-Header: a\nTransfer-Encoding: chunked', 'Content-Length: LENGTH'),
        hiding('X-Header: a\rTransfer-Encoding: chunked', 'Content-Length: LENGTH'),
        (scene) =>
          hide(scene, `5\n12345\r\n0\r\n\r\n${toBytes(write(scene)).toString('latin1')}`, [
            'Transfer-Encoding: chunked',
          ]),
        (scene) =>
          hide(scene, `0;a\nb\r\n\r\n${toBytes(write(scene)).toString('latin1')}`, ['Transfer-Encoding: chunked']),
      ),
      control: honest,
      outcome: { rejected: 400 },
    },
    {
      name: 'A body is longer than the limit, and hides a request behind it',
      source: 'RFC 9112 §9.3 and §11.2, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: (scene) =>
        hide(scene, `${' '.repeat(102_401)}${toBytes(write(scene)).toString('latin1')}`, ['Content-Length: 102401']),
      control: honest,
      outcome: { rejected: 413 },
    },
    {
      name: 'A request has two Host headers, or none, or one that is no host',
      source: 'RFC 9112 §3.2, OWASP WSTG-INPV-17 Host Header Injection',
      attack: each(
        edited((text) => text.replace(HOST, `${HOST}\r\nHost: globex.test`)),
        edited((text) => text.replace(HOST, `Host: globex.test\r\n${HOST}`)),
        edited((text) => text.replace(HOST, `${HOST}\r\n${HOST}`)),
        edited((text) => text.replace(`${HOST}\r\n`, '')),
        ...['', 'gateway.test, globex.test', 'user@gateway.test', 'gateway.test/graphql?', '['].map((host) =>
          edited((text) => text.replace(HOST, `Host: ${host}`)),
        ),
      ),
      control: honest,
      outcome: {
        unaudited: 'everywhere',
        refused: 'INVALID_REQUEST',
        status: 400,
        message: 'The request must have one valid Host header',
      },
    },
    {
      name: 'The target of a request is the URL of another host',
      source: 'RFC 9112 §3.2.2',
      attack: each(
        edited((text, { path }) => text.replace(path, `http://globex.test${path}`), toAnswer),
        edited((text, { path }) => text.replace(path, `//globex.test${path}`), toAnswer),
        edited((text, { path }) => text.replace(path, `http://globex.test:1@gateway.test${path}`), toAnswer),
      ),
      control: honest,
      outcome: { rejected: 404 },
    },
    {
      name: 'A request asks to go on in another protocol',
      source: 'RFC 9113 §3.4, RFC 9110 §7.8 and §10.1.1',
      attack: each(
        (scene) => () => sendOnly(scene, Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
        (scene) => () => sendOnly(scene, Buffer.from('GET / HTTP/3.0\r\n\r\n')),
      ),
      control: honest,
      outcome: { rejected: 400 },
    },
  ],
};
