import { X509Certificate } from 'node:crypto';
import type { Fault } from './faults.js';
import type { GatewayConfig } from './schema.js';

const DAY = 86_400_000;
const NOTICE_DAYS = 30;

/**
 * What an operator should know of the tenants' certificates though nothing is wrong yet: those that end within 30 days,
 * have ended, or have not begun.
 *
 * @param now epoch milliseconds
 */
export function certificateWarnings({ tenants }: Pick<GatewayConfig, 'tenants'>, now: number): Fault[] {
  return tenants.flatMap(({ certificate }, index) => {
    const message = certificate === undefined ? undefined : validityWarning(new X509Certificate(certificate), now);
    return message === undefined ? [] : [{ path: ['tenants', index, 'certificate'], message }];
  });
}

function validityWarning({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  const [start, end] = [Date.parse(validFrom), Date.parse(validTo)];
  const days = Math.floor((end - now) / DAY);
  if (end < now) return `expired on ${date(end)}; services that trust it may refuse what it signs`;
  if (days < NOTICE_DAYS) return `expires on ${date(end)}, in ${days} days; replace it there and here before`;
  if (start > now) return `is not valid before ${date(start)}`;
  return undefined;
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
