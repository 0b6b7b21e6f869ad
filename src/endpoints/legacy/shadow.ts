import { compareAnswers } from '../../compare/compare.js';
import { AnswerError } from '../../compare/decode-answer.js';
import type { Tenant } from '../../config/tenant.js';
import { buildShadowEvent, type ShadowOutcome } from '../../delegation/audit-event.js';
import type { DelegationRequest } from '../../delegation/request.js';
import { DelegationError } from '../../errors.js';
import { parseAnswer } from '../../lib/upstream.js';
import { CLIENT_AUTHENTICATION_PARAMETERS } from '../client-authentication.js';
import type { EndpointContext } from '../context.js';
import type { Parameters } from './parameters.js';
import type { LegacyAnswer } from './present.js';

const SERVICE = 'The old endpoint';

/** A request as it came, and as it was understood. */
export interface ShadowedRequest {
  readonly parameters: Parameters;
  readonly request: DelegationRequest;
}

/**
 * Answers a request that an old endpoint gets as well, and audits how the two answers differ. The caller of `answer: new` does
 * not wait for the old one. Where the old one fails, the caller of `answer: old` gets the new one.
 *
 * A refresh token is sent by one side only, because an identity provider may take it only once: by the one that answers.
 */
export async function answerBeside(
  { url, answer }: NonNullable<Tenant['shadow']>,
  { parameters, request }: ShadowedRequest,
  context: EndpointContext,
  answerOwn: () => Promise<LegacyAnswer>,
): Promise<LegacyAnswer> {
  if (request.subjectToken?.type === 'refresh_token') {
    return answer === 'old' ? askOld(url, parameters, request, context) : answerOwn();
  }
  const asked = askOld(url, parameters, request, context).catch((error: unknown) => describeFailure(error));
  const own = await answerOwn();
  const compared = asked.then((old) => {
    const answered = typeof old === 'string' ? 'new' : answer;
    context.audit.write(buildShadowEvent(request, context, { answered, newStatus: own.status, ...compare(old, own) }));
    return old;
  });
  if (answer === 'new') return own;
  const old = await compared;
  return typeof old === 'string' ? own : old;
}

/** Sends a request without what authenticates the calling application. @throws DelegationError UPSTREAM_UNAVAILABLE */
async function askOld(
  url: string,
  parameters: Parameters,
  { clientId = '' }: DelegationRequest,
  { tenant, upstreams }: EndpointContext,
): Promise<LegacyAnswer> {
  const texts = [...parameters].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  const form = new URLSearchParams(texts);
  for (const name of CLIENT_AUTHENTICATION_PARAMETERS) form.delete(name);
  // A client that the tenant does not have shares the calls of all of those, so that made-up names get no calls of their own.
  const client = tenant.clients.has(clientId) ? clientId : '';
  const { status, text } = await upstreams.call(
    { tenant: tenant.name, clientId: client },
    { service: SERVICE, url, form, onlyOnce: true },
  );
  return { status, headers: {}, body: parseAnswer(SERVICE, text) };
}

function describeFailure(error: unknown): string {
  if (error instanceof DelegationError) return error.message;
  throw error;
}

function compare(
  old: LegacyAnswer | string,
  own: LegacyAnswer,
): Pick<ShadowOutcome, 'oldStatus' | 'differences' | 'problem'> {
  if (typeof old === 'string') return { problem: old };
  try {
    const { differences } = compareAnswers(JSON.stringify(old.body), JSON.stringify(own.body));
    return { oldStatus: old.status, differences: differences.map(({ path }) => path) };
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    return { oldStatus: old.status, problem: error.message };
  }
}
