import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether a browser can be had. Where it is missing the tests are skipped with a reason; in CI that is a failure. */
export function chromiumMissing(): boolean {
  if (existsSync(EXECUTABLE)) return false;
  const reason = `${EXECUTABLE} is missing: install Debian's package "chromium", or name another with CHROMIUM`;
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return true;
}

/** Headless Chromium with a profile of its own, which asks no address by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
