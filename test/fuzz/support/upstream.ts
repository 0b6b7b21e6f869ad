import { type Choices, mutateText } from './choices.js';

/** How the services behind the gateway answer in one case. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Made from the right text. */
  readonly change: ((text: string) => string) | undefined;
  /** The code of a connection that failed. */
  readonly failure: string | undefined;
  /** The ID token and the refresh token that the identity provider issues. */
  readonly tokens: Readonly<Record<string, unknown>>;
}

export function chooseUpstreamAnswer(choices: Choices, tokens: UpstreamAnswer['tokens'] = {}): UpstreamAnswer {
  const failure = choices.chance(4) ? choices.pick(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ERR_TLS']) : undefined;
  const status = choices.chance(25) ? choices.pick([400, 401, 403, 404, 429, 302, 500, 503, 201]) : 200;
  const seed = choices.chance(30) ? choices : undefined;
  return { status, failure, tokens, change: seed && ((text) => mutateText(seed, text)) };
}

const STS = `<AssumeRoleWithSAMLResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithSAMLResult>
<AssumedRoleUser><AssumedRoleId>AROA:alice</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/web/alice</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAV3ZUEFP6EXAMPLE</AccessKeyId><SecretAccessKey>8P+SQvWIuLnKhh8d++jpw0nNmQRBZvNEXAMPLEKEY</SecretAccessKey>
<SessionToken>IQoJb3JpZ2luX2VjEJr</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>
<Subject>auth0|alice</Subject><SubjectType>persistent</SubjectType></AssumeRoleWithSAMLResult></AssumeRoleWithSAMLResponse>`;
const STS_ERROR =
  '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';
const OAUTH_ERROR = '{"error":"invalid_grant","error_description":"no"}';

/** What a service answers that nobody attacks, unless the case says otherwise. The outside world of `Deps`. */
export function upstreamAnswer(url: string, answer: UpstreamAnswer | undefined): Response {
  const { status = 200, change = (text: string) => text, failure, tokens = {} } = answer ?? {};
  if (failure !== undefined) throw new TypeError('fetch failed', { cause: { code: failure } });
  const isSts = url.includes('amazonaws.com');
  return new Response(change(status < 400 ? success(url, tokens) : isSts ? STS_ERROR : OAUTH_ERROR), { status });
}

function success(url: string, tokens: Readonly<Record<string, unknown>>): string {
  if (url.includes('amazonaws.com')) return STS;
  if (url.includes('force.com')) {
    return '{"access_token":"00D","token_type":"Bearer","instance_url":"https://acme.my.salesforce.com","scope":"api"}';
  }
  if (url.includes('sap.')) return '{"access_token":"sap-1","token_type":"Bearer","expires_in":"3600","scope":"READ"}';
  return JSON.stringify({ access_token: 'unused', token_type: 'Bearer', ...tokens });
}
