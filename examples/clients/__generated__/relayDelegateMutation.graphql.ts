/**
 * @generated SignedSource<<09b7182d3892b43b34340d17a86b95af>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type ApiType = "APP" | "AWS" | "AZURE_BLOB" | "AZURE_SB" | "FIREBASE" | "LAYER" | "SALESFORCE_API" | "SALESFORCE_SANDBOX_API" | "SAP_API" | "WAMS" | "%future added value";
export type DelegateInput = {
  apiType?: ApiType | null | undefined;
  aws?: AwsDelegationInput | null | undefined;
  clientAuthentication?: ClientAuthenticationInput | null | undefined;
  clientId?: string | null | undefined;
  layer?: LayerDelegationInput | null | undefined;
  salesforce?: SalesforceDelegationInput | null | undefined;
  sap?: SapDelegationInput | null | undefined;
  scope?: ReadonlyArray<string> | null | undefined;
  subjectToken?: SubjectTokenInput | null | undefined;
  target?: string | null | undefined;
};
export type SubjectTokenInput = {
  idToken: string;
  refreshToken?: never;
} | {
  idToken?: never;
  refreshToken: string;
};
export type ClientAuthenticationInput = {
  assertion?: never;
  secret: string;
} | {
  assertion: string;
  secret?: never;
};
export type AwsDelegationInput = {
  principal?: string | null | undefined;
  role?: string | null | undefined;
};
export type LayerDelegationInput = {
  nonce: string;
};
export type SalesforceDelegationInput = {
  communityName?: string | null | undefined;
  communityUrlSection?: string | null | undefined;
};
export type SapDelegationInput = {
  scope?: string | null | undefined;
};
export type relayDelegateMutation$variables = {
  input: DelegateInput;
};
export type relayDelegateMutation$data = {
  readonly delegate: {
    readonly credential: {
      readonly expiresAt: string | null | undefined;
      readonly token: string;
      readonly tokenType: string;
    };
    readonly viewer: {
      readonly id: string;
      readonly rateLimit: {
        readonly remaining: number;
        readonly resetAt: string;
      };
    };
  } | null | undefined;
};
export type relayDelegateMutation = {
  response: relayDelegateMutation$data;
  variables: relayDelegateMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "input"
  }
],
v1 = [
  {
    "kind": "Variable",
    "name": "input",
    "variableName": "input"
  }
],
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "token",
  "storageKey": null
},
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "tokenType",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "expiresAt",
  "storageKey": null
},
v5 = {
  "alias": null,
  "args": null,
  "concreteType": "Viewer",
  "kind": "LinkedField",
  "name": "viewer",
  "plural": false,
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "id",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "concreteType": "RateLimit",
      "kind": "LinkedField",
      "name": "rateLimit",
      "plural": false,
      "selections": [
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "remaining",
          "storageKey": null
        },
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "resetAt",
          "storageKey": null
        }
      ],
      "storageKey": null
    }
  ],
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "relayDelegateMutation",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "DelegatePayload",
        "kind": "LinkedField",
        "name": "delegate",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": null,
            "kind": "LinkedField",
            "name": "credential",
            "plural": false,
            "selections": [
              (v2/*:: as any*/),
              (v3/*:: as any*/),
              (v4/*:: as any*/)
            ],
            "storageKey": null
          },
          (v5/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "relayDelegateMutation",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "DelegatePayload",
        "kind": "LinkedField",
        "name": "delegate",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": null,
            "kind": "LinkedField",
            "name": "credential",
            "plural": false,
            "selections": [
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "__typename",
                "storageKey": null
              },
              (v2/*:: as any*/),
              (v3/*:: as any*/),
              (v4/*:: as any*/)
            ],
            "storageKey": null
          },
          (v5/*:: as any*/)
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "91613e9d5eef51f897c46e360b3fbd67",
    "id": null,
    "metadata": {},
    "name": "relayDelegateMutation",
    "operationKind": "mutation",
    "text": "mutation relayDelegateMutation(\n  $input: DelegateInput!\n) {\n  delegate(input: $input) {\n    credential {\n      __typename\n      token\n      tokenType\n      expiresAt\n    }\n    viewer {\n      id\n      rateLimit {\n        remaining\n        resetAt\n      }\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "2ad8cdf8bf278d1cf96dbf2c6c6590b7";

export default node;
