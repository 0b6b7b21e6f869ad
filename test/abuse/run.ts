import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Attack,
  type AttackRequest,
  type Effects,
  expectedEffects,
  isGranted,
  isRefused,
  type Refused,
  type Theme,
} from './attack.js';
import { type Answer, ENDPOINTS } from './endpoints.js';
import { createScene, type Scene } from './scene.js';
import { sharedServers } from './server.js';
import { countSignatures } from './signatures.js';

/** Runs every row of a theme at every endpoint: the attack, what it caused, and the honest request beside it. */
export function runTheme({ title, setting, attacks }: Theme): void {
  const findServer = sharedServers();
  let signatures = () => 0;
  beforeAll(() => {
    const { count, stop } = countSignatures();
    signatures = count;
    return stop;
  });
  for (const endpoint of ENDPOINTS) {
    const rows = attacks.filter(({ notAt }) => notAt?.[endpoint.id] === undefined);
    describe.skipIf(rows.length === 0)(`${title}, at ${endpoint.title}`, () => {
      for (const attack of rows) {
        it(attack.name, async () => {
          const server = await findServer(attack.setting ?? setting, endpoint.id);
          await runAttack(attack, createScene(server, endpoint, signatures));
        });
      }
    });
  }
}

/** The most requests that a row sends at once. */
const MOST_AT_ONCE = 130;
/** Up to so many requests of a row are counted one by one, more of them together. */
const MOST_COUNTED = 8;

async function runAttack(attack: Attack, scene: Scene): Promise<void> {
  const requests = toList(await attack.attack(scene));
  expect(requests.length, 'the requests of the attack').toBeGreaterThan(0);
  const step = requests.length > MOST_COUNTED ? requests.length : 1;
  let before = await scene.observe();
  for (const [index, request] of requests.entries()) {
    const which = `request ${index + 1} of ${requests.length}`;
    const answer = typeof request === 'function' ? await request() : await scene.ask(request);
    await checkOutcome(attack, scene, answer, which);
    if ((index + 1) % step !== 0) continue;
    const after = await scene.observe();
    const expected = multiply(expectedEffects(attack), step);
    expect(subtract(after, before), `the effects of ${step} until ${which}`).toEqual(expected);
    before = after;
  }
  const { token, error, message } = await scene.ask(await attack.control(scene));
  expect({ error, message }, 'the honest request').toEqual({ error: undefined, message: undefined });
  expect(token, 'the credential of the honest request').toBeTypeOf('string');
}

async function checkOutcome({ outcome }: Attack, scene: Scene, answer: Answer, which: string): Promise<void> {
  const { status, error, message, token } = answer;
  if (isGranted(outcome)) {
    expect({ status, error, message }, `the answer to ${which}`).toEqual({ status: 200 });
    expect(token, `the credential of ${which}`).toBeTypeOf('string');
  } else {
    expect(token, `a credential in the refusal of ${which}`).toBeUndefined();
    if (isRefused(outcome)) checkRefusal(outcome, scene, answer, which);
    else {
      const expected = { status: outcome.rejected, error: outcome.error };
      expect({ status, error }, `the rejection of ${which} (${message})`).toEqual(expected);
    }
  }
  await outcome.check?.(answer, scene);
}

function checkRefusal(outcome: Refused, { endpoint, server }: Scene, answer: Answer, which: string): void {
  const { status, error, message, refreshToken } = answer;
  const presented = endpoint.present(outcome.refused);
  expect({ status, error }, `the refusal of ${which} (${message})`).toEqual({
    ...presented,
    status: outcome.status ?? presented.status,
  });
  expect(message, `the message of ${which}`).toMatch(outcome.message);
  if (isAudited(outcome, endpoint)) {
    const event = expect.objectContaining({ code: outcome.refused, message });
    expect(server.log.audits(MOST_AT_ONCE), `the audit events until ${which}`).toContainEqual(event);
  }
  expect(refreshToken !== undefined, `the rotated refresh token in the refusal of ${which}`).toBe(
    outcome.rotated ?? false,
  );
}

function isAudited({ unaudited }: Refused, { title }: Scene['endpoint']): boolean {
  return unaudited === undefined || (unaudited === 'graphql' && !title.includes('graphql'));
}

function subtract(after: Effects, before: Effects): Effects {
  return {
    signatures: after.signatures - before.signatures,
    spent: after.spent - before.spent,
    upstreamCalls: after.upstreamCalls - before.upstreamCalls,
  };
}

function multiply({ signatures, spent, upstreamCalls }: Effects, times: number): Effects {
  return { signatures: signatures * times, spent: spent * times, upstreamCalls: upstreamCalls * times };
}

function toList(requests: AttackRequest | readonly AttackRequest[]): readonly AttackRequest[] {
  return Array.isArray(requests) ? requests : [requests as AttackRequest];
}
