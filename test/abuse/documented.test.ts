import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Attack, expectedEffects, isGranted, isRefused, type Outcome } from './attack.js';
import { CONFIGURATION_THEMES } from './attacks/configuration.js';
import { THEMES } from './attacks/index.js';
import type { ConfigurationAttack } from './configuration-attack.js';
import { ENDPOINTS } from './endpoints.js';

const PAGE = new URL('../../docs/security.md', import.meta.url);
const [BEGIN, END] = ['<!-- abuse suite -->', '<!-- /abuse suite -->'];

const attacks = THEMES.flatMap((theme) => theme.attacks);
const byFiles = CONFIGURATION_THEMES.flatMap((theme) => theme.attacks);
const everything = [...attacks, ...byFiles];

describe('the table of attacks in docs/security.md', () => {
  it('is the one of the suite; WRITE_DOCS=1 writes it', () => {
    const page = readFileSync(PAGE, 'utf8');
    const [before, rest, ...more] = page.split(BEGIN);
    const [, after, ...others] = rest?.split(END) ?? [];
    expect([more, others], 'one pair of markers').toEqual([[], []]);
    const expected = `${before}${BEGIN}\n\n${describeThemes()}\n${END}${after}`;
    if (process.env.WRITE_DOCS === '1') writeFileSync(PAGE, expected);
    expect(readFileSync(PAGE, 'utf8')).toBe(expected);
  });
});

describe('the rows of the suite', () => {
  it('are all run by a test file', () => {
    const folder = new URL('.', import.meta.url);
    const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
    const listNames = (text: string, list: RegExp) =>
      [...text.matchAll(list)].flatMap(([, names = '']) => names.match(/[A-Z_]+/g) ?? []).sort();
    const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
    const run = listNames(tests.map(read).join('\n'), /^for \(const theme of \[([^\]]+)\]\) runTheme\(theme\);$/gm);
    expect(run.length).toBe(THEMES.length);
    expect(run).toEqual(listNames(read('attacks/index.ts'), /THEMES: readonly Theme\[\] = \[([^\]]+)\]/g));
  });

  it('have names of their own', () => {
    const names = everything.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('each cite an RFC or another specification, a CVE or a page of OWASP', () => {
    const cited = /\b(RFC \d{3,}|OASIS|CVE-\d{4}-\d{4,}|OWASP|OpenID Connect|draft-ietf-[\w-]+|GraphQL §|Fetch §)/;
    expect(everything.filter(({ source }) => !cited.test(source)).map(({ name }) => name)).toEqual([]);
  });

  it('each run at one endpoint at least, and say why not at another', () => {
    const silent = attacks.filter(({ notAt = {} }) => {
      const reasons = Object.values(notAt);
      return reasons.length >= ENDPOINTS.length || reasons.some((reason) => reason.length < 10);
    });
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

function describeThemes(): string {
  const runs = attacks.map(({ notAt = {} }) => ENDPOINTS.length - Object.keys(notAt).length);
  const total = runs.reduce((sum, each) => sum + each, 0);
  const intro = [
    `${attacks.length} attacks, of which each runs over HTTP at every endpoint where it makes sense: ${total} in all.`,
    `Beside them ${byFiles.length} attacks by a file of the operator, which run by \`check\` or \`import-auth0\`.`,
    'A refusal has no effect unless the table says so: nothing is signed, nothing is taken from a bucket, no other server is',
    'called. A request that is granted signs once and takes one request from the bucket of its user.',
  ].join('\n');
  const tables = [
    ...THEMES.map(({ title, attacks }) => describeTable(title, attacks, describeOutcome)),
    ...CONFIGURATION_THEMES.map(({ title, attacks }) => describeTable(title, attacks, describeCommand)),
  ];
  return `${intro}\n\n${tables.join('\n')}`;
}

function describeTable<T extends { readonly name: string; readonly source: string }>(
  title: string,
  attacks: readonly T[],
  describe: (attack: T) => string,
): string {
  const rows = attacks.map((each) => `| ${escapeCell(each.name)} | ${escapeCell(each.source)} | ${describe(each)} |`);
  return `### ${title}\n\n| attack | source | outcome |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function describeCommand({ command = 'check', outcome }: ConfigurationAttack): string {
  if ('accepted' in outcome) return `\`${command}\` accepts it: ${escapeCell(outcome.accepted)}`;
  return `\`${command}\` ${'warned' in outcome ? 'warns' : 'refuses it'}`;
}

function describeOutcome(attack: Attack): string {
  const { outcome, notAt = {} } = attack;
  const { signatures, spent, upstreamCalls } = expectedEffects(attack);
  const effects = [
    [signatures, 'signed'],
    [spent, 'taken from the bucket'],
    [upstreamCalls, 'upstream calls'],
  ] as const;
  const counted = effects.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const parts = [
    nameOutcome(outcome),
    ...(isGranted(outcome) ? [] : counted),
    ...new Set(Object.values(notAt).map((reason) => `not everywhere: ${escapeCell(reason)}`)),
  ];
  return parts.join('; ');
}

function nameOutcome(outcome: Outcome): string {
  if (isGranted(outcome)) return `granted: ${escapeCell(outcome.granted)}`;
  return isRefused(outcome) ? outcome.refused : (outcome.error ?? `HTTP status ${outcome.rejected}`);
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
