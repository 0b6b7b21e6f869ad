import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether Chromium is missing. The tests that need it are then skipped with a warning; in CI this throws instead. */
export function chromiumMissing(): boolean {
  if (existsSync(EXECUTABLE)) return false;
  const reason = `${EXECUTABLE} is missing: install Debian's package "chromium", or set CHROMIUM to another executable`;
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return true;
}

/** Starts headless Chromium with an empty profile and without its own background requests. */
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
