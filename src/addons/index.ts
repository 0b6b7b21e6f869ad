import type { AddonDefinition } from './addon.js';
import { app } from './app.js';
import { aws } from './aws/aws.js';
import { azureBlob } from './azure/blob.js';
import { azureSb } from './azure/service-bus.js';
import { firebase } from './firebase.js';
import { layer } from './layer.js';
import { salesforce, salesforceSandbox } from './salesforce.js';
import { sapApi } from './sap-api.js';
import { wams } from './wams.js';

/** Every add-on, in the order of the enum ApiType. */
export const ADDONS: readonly AddonDefinition[] = [
  app,
  aws,
  azureBlob,
  azureSb,
  firebase,
  layer,
  salesforce,
  salesforceSandbox,
  sapApi,
  wams,
];
