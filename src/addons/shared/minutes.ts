import { z } from 'zod';

/** Minutes that a credential is good for where the configuration does not say. */
export const DEFAULT_MINUTES = 5;
/** As many minutes as `expiresIn`, a 32-bit Int of seconds, can tell. */
const MAX_MINUTES = Math.floor((2 ** 31 - 1) / 60);

/** The `expiration` of an add-on, in whole minutes; zero is allowed, as Auth0 allows it. */
export function minutes() {
  return z.int().min(0).max(MAX_MINUTES);
}
