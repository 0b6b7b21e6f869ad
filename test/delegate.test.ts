import { describe, expect, it } from 'vitest';
import { testGateway } from './support/gateway.js';

describe('the delegate mutation', () => {
  it('smoke', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken({ name: 'Alice', email: 'a@example.com' });
    const a = await gateway.delegate({ target: 'chat' }, { token });
    console.log(a.text, a.status, [...a.headers]);
    const b = await gateway.delegate({ target: 'api', scope: ['openid profile'] }, { token });
    console.log(b.text);
    const c = await gateway.delegate({ target: 'nope', subjectToken: { idToken: token } });
    console.log(c.text, c.status);
    const d = await gateway.delegate({ target: 'nope', subjectToken: { idToken: token, refreshToken: 'r' } });
    console.log(d.text, d.status);
    const e = await gateway.delegate({ apiType: token });
    console.log(e.text, e.status);
    const f = await gateway.graphql(
      'query($t: String){viewer(subjectToken:{idToken:$t}){userId targets{clientId apiTypes} rateLimit{remaining}}}',
      { variables: { t: token } },
    );
    console.log(f.text, f.status);
    const g = await gateway.graphql('{viewer{userId targets{clientId apiTypes} rateLimit{remaining retryAfter}}}', {
      token,
    });
    console.log(g.text, g.status);
    const h = await gateway.graphql(`{viewer "${token}"`, { token });
    console.log(h.text, h.status);
    for (let i = 0; i < 9; i++) await gateway.delegate({ target: 'chat' }, { token });
    const k = await gateway.delegate({ target: 'chat' }, { token });
    console.log(k.text, k.status, [...k.headers]);
    console.log(gateway.log.lines.join(''));
    expect(1).toBe(1);
  });
});
