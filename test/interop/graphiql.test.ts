import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCommand, startCommand } from '../support/command-line.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const missing = !existsSync(CHROMIUM);
if (missing && process.env.CI === 'true') throw new Error(`There is no Chromium at ${CHROMIUM}`);
if (missing) console.warn(`graphiql.test.ts is left out: there is no Chromium at ${CHROMIUM} (CHROMIUM names another)`);

describe.skipIf(missing)('GraphiQL of the demo, in a real browser', () => {
  const profile = mkdtempSync(join(tmpdir(), 'graphiql-'));
  const outside: string[] = [];
  const problems: string[] = [];
  let demo: RunningCommand;
  let address: string;
  let browser: BrowserContext;

  beforeAll(async () => {
    demo = startCommand(['demo', '--port', '0', '--json']);
    address = JSON.parse(await demo.says('\n')).graphql;
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      viewport: { width: 1400, height: 900 },
      args: [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    });
    await browser.route(
      (url) => !['data:', 'blob:'].includes(url.protocol) && url.origin !== new URL(address).origin,
      (route) => {
        outside.push(route.request().url());
        return route.abort();
      },
    );
  });

  afterAll(async () => {
    await browser?.close();
    demo?.process.kill('SIGINT');
    expect(await demo?.exit).toBe(0);
    rmSync(profile, { recursive: true, force: true });
  });

  it('opens with a mutation and the headers, runs it at a click, and asks no other address for anything', async () => {
    const page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(address);
    await page.getByText('delegate').first().waitFor();
    expect(await page.getByText('Authorization').count()).toBeGreaterThan(0);

    await page.getByRole('button', { name: /Execute query/ }).click();
    await page.getByRole('menuitem', { name: 'Firebase' }).click();
    const result = page.locator('.result-window');
    await result.getByText('remaining').waitFor();
    expect(await result.innerText()).toMatch(/"token":\s*"eyJ[\w-]+/);
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });

    expect(outside).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('holds a policy that keeps the page from other addresses and out of frames', async () => {
    const { headers, body } = await fetch(address, { headers: { accept: 'text/html' } });
    await body?.cancel();
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});
