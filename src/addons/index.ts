import type { AddonDefinition } from './addon.js';
import { app } from './app.js';
import { firebase } from './firebase.js';
import { salesforce, salesforceSandbox } from './salesforce.js';

/** Every add-on. A new one is a file beside these and a line here. */
export const ADDONS: readonly AddonDefinition[] = [app, firebase, salesforce, salesforceSandbox];
