/**
 * @generated SignedSource<<5380362b24300b496f3d290220710aed>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type relayRemainingQuery$variables = Record<PropertyKey, never>;
export type relayRemainingQuery$data = {
  readonly viewer: {
    readonly id: string;
    readonly rateLimit: {
      readonly remaining: number;
      readonly resetAt: string;
    };
  } | null | undefined;
};
export type relayRemainingQuery = {
  response: relayRemainingQuery$data;
  variables: relayRemainingQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
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
  }
];
return {
  "fragment": {
    "argumentDefinitions": [],
    "kind": "Fragment",
    "metadata": null,
    "name": "relayRemainingQuery",
    "selections": (v0/*:: as any*/),
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [],
    "kind": "Operation",
    "name": "relayRemainingQuery",
    "selections": (v0/*:: as any*/)
  },
  "params": {
    "cacheID": "49d00f46b2628dd4820461715ee6eec9",
    "id": null,
    "metadata": {},
    "name": "relayRemainingQuery",
    "operationKind": "query",
    "text": "query relayRemainingQuery {\n  viewer {\n    id\n    rateLimit {\n      remaining\n      resetAt\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "79925e5c9bd57b5cb09a1829b3d5a406";

export default node;
