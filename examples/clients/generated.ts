import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A date-time string at UTC, such as 2007-12-03T10:15:30Z, compliant with the `date-time` format outlined in section 5.6 of the RFC 3339 profile of the ISO 8601 standard for representation of dates and times using the Gregorian calendar. */
  DateTime: { input: string; output: string; }
  /** Whole seconds since 1970-01-01T00:00:00Z. It is no Int, because an Int has 32 bits and overflows in January 2038. */
  EpochSeconds: { input: number; output: number; }
};

/** A kind of credential: an add-on that the target application is configured for. */
export type ApiType =
  /** A JWT for the target application itself, signed with its secret or with the key of the tenant. */
  | 'APP'
  /** Temporary AWS credentials of an IAM role, issued through SAML federation. */
  | 'AWS'
  /** A shared access signature for a blob or a container of Azure Storage. */
  | 'AZURE_BLOB'
  /** A shared access signature for Azure Service Bus. */
  | 'AZURE_SB'
  /** A Firebase custom token, for signInWithCustomToken. */
  | 'FIREBASE'
  /** A Layer identity token. It needs the nonce in `layer`. */
  | 'LAYER'
  /** An access token of a Salesforce production org or community. */
  | 'SALESFORCE_API'
  /** An access token of a Salesforce sandbox. */
  | 'SALESFORCE_SANDBOX_API'
  /** An access token of an SAP system, for its OData services. */
  | 'SAP_API'
  /** A token of Azure Mobile Services. */
  | 'WAMS';

/** Selects one of the configured roles. Default: the first. */
export type AwsDelegationInput = {
  /** The ARN of the IAM SAML provider. */
  principal?: InputMaybe<Scalars['String']['input']>;
  /** The ARN of the role. */
  role?: InputMaybe<Scalars['String']['input']>;
};

/** How the calling application authenticates. Set exactly one field. */
export type ClientAuthenticationInput =
  /** A JWT that the calling application signed with its private key (RFC 7523 §2.2): `iss` and `sub` are its client_id, `aud` is the issuer of the tenant, `exp` is at most one hour ahead, and `jti` is new. It counts once: each `delegate` field needs its own. */
  { assertion: Scalars['String']['input']; secret?: never; }
  |  /** The client_secret of the calling application (RFC 6749 §2.3.1). */
  { assertion?: never; secret: Scalars['String']['input']; };

/** What to delegate to, and for whom. Every field has a default: `{}` renews the token of the Authorization header. */
export type DelegateInput = {
  /** The add-on to use. Default: the only add-on of the target, else APP. */
  apiType?: InputMaybe<ApiType>;
  /** Selects one of the configured roles. Default: the first. */
  aws?: InputMaybe<AwsDelegationInput>;
  /** Proves that the calling application itself sends the request. For applications that can keep a secret; a browser or a mobile app cannot. Default: the caller is not authenticated. */
  clientAuthentication?: InputMaybe<ClientAuthenticationInput>;
  /** The calling application. Default: the application that the token was issued to (its only audience; with several audiences its azp). */
  clientId?: InputMaybe<Scalars['ID']['input']>;
  /** What a Layer identity token needs besides the user. Layer is shut down. */
  layer?: InputMaybe<LayerDelegationInput>;
  /** The community (Experience Cloud site) of the token. It must be the configured one. */
  salesforce?: InputMaybe<SalesforceDelegationInput>;
  /** Restricts the scope that the target is configured for. Default: all of it. */
  sap?: InputMaybe<SapDelegationInput>;
  /** OAuth scope values, one or several in each string. `profile` and `email` copy those claims into an app token; `passthrough` copies what the token has of both. Default: openid. */
  scope?: InputMaybe<Array<Scalars['String']['input']>>;
  /** The token of the user. Default: the one in the header `Authorization: Bearer …`. */
  subjectToken?: InputMaybe<SubjectTokenInput>;
  /** The client_id of the application to delegate to. Default: the calling application itself. */
  target?: InputMaybe<Scalars['ID']['input']>;
};

/** What a Layer identity token needs besides the user. Layer is shut down. */
export type LayerDelegationInput = {
  /** The nonce that Layer gave to the client. */
  nonce: Scalars['String']['input'];
};

/** The community (Experience Cloud site) of the token. It must be the configured one. */
export type SalesforceDelegationInput = {
  /** The name of the community. */
  communityName?: InputMaybe<Scalars['String']['input']>;
  /** The path of the community. */
  communityUrlSection?: InputMaybe<Scalars['String']['input']>;
};

/** Restricts the scope that the target is configured for. Default: all of it. */
export type SapDelegationInput = {
  /** OAuth scope values, separated by spaces. */
  scope?: InputMaybe<Scalars['String']['input']>;
};

/** The token that a user already has. Set exactly one field. */
export type SubjectTokenInput =
  /** An ID token (a JWT) that was issued to the calling application. */
  { idToken: Scalars['String']['input']; refreshToken?: never; }
  |  /** A refresh token of the calling application; it requires `clientId`. If the identity provider rotates it, the payload contains the new one, and so does the error of a refusal. */
  { idToken?: never; refreshToken: Scalars['String']['input']; };

export type DelegateMutationVariables = Exact<{
  input: DelegateInput;
}>;


export type DelegateMutation = { __typename?: 'Mutation', delegate?: { __typename?: 'DelegatePayload', credential: { __typename?: 'AppToken', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'AwsCredentials', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'AzureBlobSas', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'AzureServiceBusSas', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'FirebaseCustomToken', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'LayerIdentityToken', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'MobileServicesToken', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'SalesforceAccessToken', token: string, tokenType: string, expiresAt?: string | null } | { __typename?: 'SapAccessToken', token: string, tokenType: string, expiresAt?: string | null }, viewer: { __typename?: 'Viewer', id: string, rateLimit: { __typename?: 'RateLimit', remaining: number, resetAt: string } } } | null };

export type RemainingQueryVariables = Exact<{ [key: string]: never; }>;


export type RemainingQuery = { __typename?: 'Query', viewer?: { __typename?: 'Viewer', id: string, rateLimit: { __typename?: 'RateLimit', remaining: number, resetAt: string } } | null };


export const DelegateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Delegate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DelegateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"delegate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"credential"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"tokenType"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"rateLimit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"remaining"}},{"kind":"Field","name":{"kind":"Name","value":"resetAt"}}]}}]}}]}}]}}]} as unknown as DocumentNode<DelegateMutation, DelegateMutationVariables>;
export const RemainingDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Remaining"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"rateLimit"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"remaining"}},{"kind":"Field","name":{"kind":"Name","value":"resetAt"}}]}}]}}]}}]} as unknown as DocumentNode<RemainingQuery, RemainingQueryVariables>;