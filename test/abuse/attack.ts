import type { ErrorCode } from '../../src/errors.js';
import type { Answer, EndpointId } from './endpoints.js';
import type { Scene } from './scene.js';
import type { Setting } from './server.js';
import type { HttpRequest } from './wire.js';

/** A delegation as a caller asks for it. Each endpoint turns it into its own wire format. */
export interface Ask {
  /** Default: the application that the token was issued to, or `web` where the endpoint needs a name. */
  readonly clientId?: string | undefined;
  readonly idToken?: string;
  readonly refreshToken?: string;
  readonly authentication?: { readonly secret?: string; readonly assertion?: string };
  readonly target?: string;
  /** In the form of GraphQL. Default: APP. `null` sends none. */
  readonly apiType?: string | null;
  readonly scope?: string;
  /** The input of add-ons in the form of GraphQL: `{ aws: { role: '…' } }`. */
  readonly inputs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The Host header. Default: gateway.test. */
  readonly host?: string;
  /** Changes the HTTP request that the endpoint made of all this. */
  readonly onWire?: (request: HttpRequest) => HttpRequest;
}

/** What one request caused. */
export interface Effects {
  /** Signatures that the gateway made. */
  readonly signatures: number;
  /** Requests taken from the buckets of the users of the row. */
  readonly spent: number;
  /** Requests to any server behind the gateway: token endpoint, JWKS, SAP, and one that no configuration names. */
  readonly upstreamCalls: number;
}

/** A refusal, with the effects 0, 0, 0 unless the row says otherwise. */
export interface Refused {
  readonly refused: ErrorCode;
  /** Part of the message, or a pattern of it. */
  readonly message: string | RegExp;
  /**
   * Where it has no audit event of its own: at `/graphql` because it is refused before the operation runs, everywhere because
   * it is refused before an endpoint reads it, or is one of many that the attempt guard refused. Elsewhere the event must
   * have the code and the message of the answer.
   */
  readonly unaudited?: 'graphql' | 'everywhere';
  /** Where the status is not the one of the code: 413, 415. */
  readonly status?: number;
  /** Whether the identity provider rotated the refresh token before, so that the refusal carries the new one. */
  readonly rotated?: boolean;
  /** Fails unless what else must be true is true. */
  readonly check?: (answer: Answer, scene: Scene) => void | Promise<void>;
}

/** A request that is granted because it does no harm, with the effects 1, 1, 0 unless the row says otherwise. */
export interface Granted {
  /** What must be true of the credential, in words. */
  readonly granted: string;
  /** Fails unless it is true; absent where the effects show it. */
  readonly check?: (answer: Answer, scene: Scene) => void | Promise<void>;
}

/** An answer without a code of the gateway, because no delegation was asked for: of node:http, or of GraphQL. */
export interface Rejected {
  /** The HTTP status. */
  readonly rejected: number;
  /** The code of GraphQL for a document that does not parse or validate. */
  readonly error?: string;
  readonly check?: (answer: Answer, scene: Scene) => void | Promise<void>;
}

export type Outcome = Refused | Granted | Rejected;

/** One row of the suite. */
export interface Attack {
  /** What the attacker does, as a sentence. */
  readonly name: string;
  /** The section of an RFC, the number of a CVE, or the page of OWASP that describes the attack or the rule against it. */
  readonly source: string;
  /** The configuration of the gateway. Default: that of the theme. */
  readonly setting?: Setting;
  /** The request of the attack, or several that all have the same outcome. Earlier steps do not count as effects. */
  readonly attack: (scene: Scene) => Requests | Promise<Requests>;
  /** The honest request beside it. It is sent to the same gateway after the attack, and must be granted. */
  readonly control: (scene: Scene) => Ask | Promise<Ask>;
  readonly outcome: Outcome;
  /** Of each request of the attack, where they differ from the usual ones of the outcome. */
  readonly effects?: Partial<Effects>;
  /** Endpoints where the attack makes no sense, each with the reason. */
  readonly notAt?: Partial<Readonly<Record<EndpointId, string>>>;
}

/** A request, or a function that sends what no endpoint can write: bytes of its own, or several requests at once. */
export type AttackRequest = Ask | (() => Promise<Answer>);
type Requests = AttackRequest | readonly AttackRequest[];

/** The rows of a theme, and the configuration that they use. */
export interface Theme {
  readonly title: string;
  readonly setting: Setting;
  readonly attacks: readonly Attack[];
}

export function isRefused(outcome: Outcome): outcome is Refused {
  return 'refused' in outcome;
}

export function isGranted(outcome: Outcome): outcome is Granted {
  return 'granted' in outcome;
}

/** The effects of each request of a row. */
export function expectedEffects({ outcome, effects }: Attack): Effects {
  const usual = isGranted(outcome) ? 1 : 0;
  return { signatures: usual, spent: usual, upstreamCalls: 0, ...effects };
}
