import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { testGateway } from '../../support/gateway.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The heap in use after garbage collection, in MiB. */
function heapUsed(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe('the memory in use', () => {
  it.each([
    [
      'that are long',
      (text: string) => `mutation { delegate(input: { subjectToken: { idToken: """${text}""" } }) { refreshToken } }`,
    ],
    ['that do not parse', (text: string) => `{ "${text}" }`],
    ['that are mostly a comment', (text: string) => `{ __typename } # ${text}`],
  ])('does not grow with documents %s', async (_, document) => {
    const gateway = await testGateway();
    // With one character outside Latin-1 a string takes two bytes for each character.
    const ask = (index: number) => gateway.graphql(document(`€${index}${'x'.repeat(50_000)}`));
    await ask(0);
    const before = heapUsed();
    for (let index = 1; index <= 80; index++) await ask(index);
    expect(heapUsed() - before).toBeLessThan(4);
  });
});
