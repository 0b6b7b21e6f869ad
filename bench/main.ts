import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { judgeAims } from './aims.js';
import { createFixtures, type Fixtures } from './fixtures.js';
import { installPackages } from './install-packages.js';
import { type Plan, QUICK, WHOLE } from './plan.js';
import { printTable } from './print-table.js';
import type { Environment, Results } from './results.js';
import { buildTables, describeRun } from './tables.js';

const HELP = `Usage: npm run bench -- [--quick | --profile] [--json] [--write]

Measures the built gateway, floors and peers, and prints tables.

  --quick   fewer rows, users, rounds and buckets, and shorter windows: under a minute, and only roughly right
  --profile only profile HS256 → HS256, and print which code its time goes to: half a minute
  --json    print one line of JSON with every sample in place of the tables
  --write   also update bench/README.md and bench/chart.svg

Needs Linux, two cores that have nothing else to do, and 4 GB of memory. It takes eight minutes.
`;

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    profile: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
  },
});
if (options.help) process.stdout.write(HELP);
else if (options.profile) await profile();
else process.exitCode = await run(options.quick ? QUICK : WHOLE);

/** @returns the exit code: 1 when a server sent a response that was not expected */
async function run(plan: Plan): Promise<number> {
  const environment = describeEnvironment(plan);
  installPackages(report);
  const fixtures = await createFixtures(plan.users);
  let results: Results;
  try {
    results = { environment, ...(await measure(plan, fixtures)) };
  } finally {
    fixtures.close();
  }
  const aims = judgeAims(results);
  const tables = buildTables(results, aims);
  if (options.json) console.log(JSON.stringify({ ...results, aims }));
  else {
    console.log(`${describeRun(results)}\n`);
    for (const { title, head, rows } of tables) {
      console.log(title);
      printTable(head, rows);
    }
  }
  if (options.write) {
    const { writeReadme } = await import('./write-readme.js');
    writeReadme(results, tables);
  }
  const failed = results.rows.filter(({ samples }) => samples.some(({ unexpected }) => unexpected > 0));
  for (const { name, samples } of failed) {
    const counts = samples.map(({ unexpected }) => unexpected).join(', ');
    const problem = samples.find((sample) => sample.problem)?.problem;
    console.error(`${name}: unexpected responses in the rounds: ${counts}; the first: ${problem}`);
  }
  return failed.length === 0 ? 0 : 1;
}

async function profile(): Promise<void> {
  installPackages(report);
  const fixtures = await createFixtures(WHOLE.users);
  try {
    const { profileDelegation } = await import('./profile.js');
    const table = await profileDelegation(fixtures);
    printTable(table.head, table.rows);
    if (!options.write) return;
    const { writeProfile } = await import('./write-readme.js');
    writeProfile(table);
  } finally {
    fixtures.close();
  }
}

async function measure(plan: Plan, fixtures: Fixtures): Promise<Omit<Results, 'environment'>> {
  // They need the packages that installPackages may just have installed.
  const [{ ROWS }, { measureRows }, { measureStarts }, { measureTakes }] = await Promise.all([
    import('./rows.js'),
    import('./rounds.js'),
    import('./starts.js'),
    import('./takes.js'),
  ]);
  const rows = ROWS.filter(({ isExtra }) => plan.extraRows || !isExtra);
  report('starts');
  const starts = await measureStarts(fixtures, plan.starts);
  report('buckets');
  const takes = await measureTakes(plan.buckets, plan.rounds);
  return { starts, takes, rows: await measureRows(rows, fixtures, { ...plan, report }) };
}

function describeEnvironment({ users, rounds, windowMs }: Plan): Environment {
  return {
    date: new Date().toISOString(),
    node: process.versions.node,
    openssl: process.versions.openssl,
    processor: cpus()[0]?.model ?? 'an unknown processor',
    cores: cpus().length,
    loadAverage: loadavg()[0] ?? 0,
    rounds,
    windowMs,
    users,
  };
}

function report(progress: string): void {
  process.stderr.write(`${progress}\n`);
}
