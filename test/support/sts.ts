import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ENTITY_ID, TENANT, type Verified, verifyResponse } from './saml.js';
import { secrets } from './secrets.js';
import { type Upstream, upstream } from './upstream.js';

export const SIGN_IN = 'https://signin.aws.amazon.com/saml';
const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes';
const PARAMETERS = 'Action DurationSeconds PrincipalArn RoleArn SAMLAssertion Version';
const FIVE_MINUTES = 300_000;

export interface StsRules {
  /** The roles, each with the provider that its trust policy lets in. */
  readonly trusts: readonly { readonly role: string; readonly principal: string }[];
  readonly recipient?: string;
  /** The certificates of the provider. */
  readonly cert?: string | string[];
  /** The role's own limit of a session, in seconds. */
  readonly maxSession?: number;
}

export interface StrictSts extends Upstream {
  /** What it accepted, in its order. */
  readonly accepted: Verified[];
}

class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * An STS that takes AssumeRoleWithSAML and nothing else, and holds the request to all that AWS documents of it:
 * signatures, issuer, audience, recipient, times, the pair of role and provider, session name and duration.
 */
export async function strictSts(rules: StsRules): Promise<StrictSts> {
  const accepted: Verified[] = [];
  const server = await upstream(async (request, response) => {
    const form = new URLSearchParams(server.bodies.at(-1));
    try {
      const verified = await judge(request, form, rules);
      accepted.push(verified);
      response.writeHead(200, { 'content-type': 'text/xml' }).end(granted(form, verified, rules));
    } catch (error) {
      const { code, message } = error instanceof Refusal ? error : new Refusal('InternalFailure', `${error}`);
      const status = code === 'AccessDenied' ? 403 : code === 'InternalFailure' ? 500 : 400;
      response.writeHead(status, { 'content-type': 'text/xml' }).end(refused(code, message));
    }
  });
  return Object.assign(server, { accepted });
}

async function judge(request: IncomingMessage, form: URLSearchParams, rules: StsRules): Promise<Verified> {
  demand(request.method === 'POST' && request.url === '/', 'InvalidAction', 'POST to / is all there is');
  demand(
    /^application\/x-www-form-urlencoded(;|$)/.test(request.headers['content-type'] ?? ''),
    'InvalidAction',
    'the body must be a form',
  );
  demand(form.get('Action') === 'AssumeRoleWithSAML', 'InvalidAction', 'the action is unknown');
  demand(form.get('Version') === '2011-06-15', 'InvalidAction', 'the version is unknown');
  demand([...form.keys()].sort().join(' ') === PARAMETERS, 'ValidationError', 'parameters are missing, or too many');
  const duration = form.get('DurationSeconds') ?? '';
  demand(
    /^\d+$/.test(duration) && Number(duration) >= 900 && Number(duration) <= (rules.maxSession ?? 43_200),
    'ValidationError',
    'DurationSeconds is not within the limits',
  );
  const encoded = form.get('SAMLAssertion') ?? '';
  demand(
    Buffer.from(encoded, 'base64').toString('base64') === encoded && encoded.length <= 100_000,
    'InvalidIdentityToken',
    'SAMLAssertion is not base64',
  );
  const verified = await verify(encoded, rules);
  checkAssertion(verified, Buffer.from(encoded, 'base64').toString(), rules.recipient ?? SIGN_IN);
  checkRole(verified, form, rules);
  return verified;
}

async function verify(encoded: string, { recipient = SIGN_IN, cert = TENANT.cert }: StsRules): Promise<Verified> {
  try {
    return await verifyResponse(encoded, { audience: recipient, cert });
  } catch (error) {
    const { message } = error as Error;
    throw new Refusal(/expired/.test(message) ? 'ExpiredTokenException' : 'InvalidIdentityToken', message);
  }
}

function checkAssertion({ issuer, nameId, nameIdFormat, assertion }: Verified, xml: string, recipient: string): void {
  const demandValid = (holds: boolean, what: string) => demand(holds, 'InvalidIdentityToken', what);
  demandValid(issuer === ENTITY_ID, 'the issuer is not the registered one');
  demandValid(
    xml.includes(`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${ENTITY_ID}<`),
    'the issuer of the response is another',
  );
  demandValid(new RegExp(`^<samlp:Response [^>]*Destination="${recipient}"`).test(xml), 'the destination is another');
  demandValid(nameIdFormat === 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'the name is not persistent');
  demandValid(nameId !== '', 'the name is empty');
  const confirmations = assertion.Subject[0].SubjectConfirmation ?? [];
  demandValid(confirmations.length === 1, 'there must be exactly one SubjectConfirmation');
  demandValid(confirmations[0].$.Method === 'urn:oasis:names:tc:SAML:2.0:cm:bearer', 'the confirmation is not bearer');
  const data = confirmations[0].SubjectConfirmationData?.[0]?.$ ?? {};
  demandValid(data.Recipient === recipient, 'the recipient is another');
  demandValid(Date.parse(data.NotOnOrAfter) > Date.now(), 'the confirmation has expired');
  const conditions = assertion.Conditions?.[0]?.$ ?? {};
  demandValid(Date.parse(conditions.NotBefore) <= Date.now(), 'the conditions begin later');
  demandValid(Date.parse(conditions.NotOnOrAfter) > Date.now(), 'the conditions have ended');
  const age = Date.now() - Date.parse(assertion.$.IssueInstant);
  demandValid(age >= 0 && age < FIVE_MINUTES, 'Token must be redeemed within 5 minutes of issuance');
}

function checkRole({ attributes }: Verified, form: URLSearchParams, { trusts }: StsRules): void {
  const [role, principal] = [form.get('RoleArn'), form.get('PrincipalArn')];
  demand(
    attributes[`${ATTRIBUTES}/Role`] === `${role},${principal}`,
    'InvalidIdentityToken',
    'the role attribute is not the pair that is asked for',
  );
  const name = attributes[`${ATTRIBUTES}/RoleSessionName`];
  demand(
    typeof name === 'string' && /^[\w+=,.@-]{2,64}$/.test(name),
    'InvalidIdentityToken',
    'RoleSessionName is missing or not legal',
  );
  demand(
    trusts.some((trust) => trust.role === role && trust.principal === principal),
    'AccessDenied',
    'Not authorized to perform sts:AssumeRoleWithSAML',
  );
}

function demand(holds: boolean, code: string, message: string): void {
  if (!holds) throw new Refusal(code, message);
}

export const SESSION_TOKEN = `IQoJb3JpZ2luX2VjEJr//${'AbC+/'.repeat(60)}==`;
secrets.keep('an AWS session token', SESSION_TOKEN);

/** An answer in the form of the STS API reference. */
function granted(
  form: URLSearchParams,
  { nameId, issuer, attributes }: Verified,
  { recipient = SIGN_IN }: StsRules,
): string {
  const [account, role] = (form.get('RoleArn') ?? '').split(':').slice(-2);
  const session = attributes[`${ATTRIBUTES}/RoleSessionName`];
  const expiration = new Date(Date.now() + Number(form.get('DurationSeconds')) * 1000).toISOString();
  const provider = form.get('PrincipalArn')?.split('/').at(-1);
  const qualifier = createHash('sha1').update(`${issuer}${account}/${provider}`).digest('base64');
  return `<AssumeRoleWithSAMLResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithSAMLResult>
    <Audience>${recipient}</Audience>
    <AssumedRoleUser>
      <AssumedRoleId>AROADBQP57FF2AEXAMPLE:${session}</AssumedRoleId>
      <Arn>arn:aws:sts::${account}:assumed-${role}/${session}</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAV3ZUEFP6EXAMPLE</AccessKeyId>
      <SecretAccessKey>8P+SQvWIuLnKhh8d++jpw0nNmQRBZvNEXAMPLEKEY</SecretAccessKey>
      <SessionToken>${SESSION_TOKEN}</SessionToken>
      <Expiration>${expiration.replace(/\.\d+/, '')}</Expiration>
    </Credentials>
    <Subject>${text(nameId)}</Subject>
    <SubjectType>persistent</SubjectType>
    <Issuer>${issuer}</Issuer>
    <NameQualifier>${qualifier}</NameQualifier>
  </AssumeRoleWithSAMLResult>
  <ResponseMetadata>
    <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>
  </ResponseMetadata>
</AssumeRoleWithSAMLResponse>
`;
}

function refused(code: string, message: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>${text(message)}</Message></Error>
  <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>
</ErrorResponse>
`;
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\r', '&#13;');
}
