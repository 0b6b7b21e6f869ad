import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config/load.js';
import { pages, ROOT } from './support/documentation.js';
import { baseConfig, type ConfigDocument, ISSUER, testGateway } from './support/gateway.js';
import { publicJwk, rsaPair } from './support/keys.js';
import { type Scrape, scrape } from './support/scrape.js';

function changeConfig(config: ConfigDocument): ConfigDocument {
  Object.assign(config, { metrics: true, rate_limit: { burst: 1, attempts_per_minute: 5 } });
  const [tenant] = config.tenants;
  const remote = { jwks_uri: `${ISSUER}jwks.json`, token_endpoint: `${ISSUER}token` };
  Object.assign(tenant!.issuers[0]!, { jwks: undefined, ...remote });
  Object.assign(tenant!.clients[0]!, { refresh_token_delegation: true });
  return config;
}

/** What Prometheus reads from a gateway of which every metric has a value. */
async function scrapeServed(): Promise<Scrape> {
  const gateway = await testGateway(changeConfig, {
    deps: {
      fetch: async (url) =>
        String(url).endsWith('jwks.json')
          ? Response.json({ keys: [publicJwk(rsaPair('idp'), { kid: 'idp-1', alg: 'RS256' })] })
          : new Response('', { status: 500 }),
    },
  });
  const token = await gateway.idToken();
  for (let request = 0; request < 3; request++) await gateway.delegate({ target: 'api' }, { token });
  await gateway.delegate({ clientId: 'web', subjectToken: { refreshToken: 'a-refresh-token' } });
  await gateway.reload(parseConfig(changeConfig(baseConfig() as ConfigDocument)));
  const found = await scrape(gateway);
  await gateway.close();
  return found;
}

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Documented {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** The metrics and labels of an expression. */
function readExpression(expression: string): { readonly metrics: string[]; readonly labels: string[] } {
  // Grafana puts a duration in place of its variable.
  const promql = expression.replaceAll('$__rate_interval', '5m');
  const found = { metrics: [] as string[], labels: [] as string[] };
  parser.parse(promql).iterate({
    enter({ type, from, to }) {
      const text = promql.slice(from, to);
      if (type.isError) throw new Error(`Not PromQL at ${from}: ${promql}`);
      if (type.name === 'Identifier') found.metrics.push(text);
      if (type.name === 'LabelName') found.labels.push(text);
    },
  });
  return found;
}

describe('the metrics of a gateway that served requests', () => {
  const page = pages.find(({ path }) => path === 'docs/metrics.md');
  let served: Scrape;
  /** By name; `_bucket`, `_sum` and `_count` of a histogram too. */
  const labels = new Map<string, ReadonlySet<string>>();
  beforeAll(async () => {
    served = await scrapeServed();
    for (const { name, metrics } of served.families) {
      const known = [...(labels.get(name) ?? []), ...metrics.flatMap((sample) => Object.keys(sample.labels ?? {}))];
      labels.set(name, new Set(known));
    }
  });

  it('are those of the table in docs/metrics.md, with their types and labels', () => {
    const rows = [...(page?.text ?? '').matchAll(/^\| `(delegation_gateway_\w+)` \| (\w+) \|([^|]*)\|/gm)];
    const documented: Documented[] = rows.map(([, name = '', type = '', names = '']) => ({
      name,
      type,
      labels: [...names.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
    }));
    const types = [...served.text.matchAll(/^# TYPE (delegation_gateway_\w+) (\w+)$/gm)];
    const actual: Documented[] = types.map(([, name = '', type = '']) => {
      const sample = labels.get(type === 'histogram' ? `${name}_count` : name);
      return { name, type, labels: [...(sample ?? [])].sort() };
    });
    const byName = (one: Documented, other: Documented) => one.name.localeCompare(other.name);
    expect(documented.sort(byName)).toEqual(actual.sort(byName));
    expect(actual.length).toBeGreaterThan(8);
  });

  const { panels }: { panels: Panel[] } = JSON.parse(readFileSync(`${ROOT}examples/grafana-dashboard.json`, 'utf8'));
  const expressions = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));
  const alerts = [...(page?.text ?? '').matchAll(/^\| ([^|]+) \| `([^`]+)` \|$/gm)].map(
    ([, title = '', expression = '']) => [title, expression.replaceAll('\\|', '|')] as const,
  );

  /** `le` is of buckets; `job` and `instance` are Prometheus's own. */
  it.each([...expressions, ...alerts])('have the names that %s uses: %s', (_title, expression) => {
    const used = readExpression(expression);
    expect(used.metrics).not.toEqual([]);
    expect(used.metrics.filter((name) => !labels.has(name))).toEqual([]);
    const known = new Set(['job', 'instance', ...used.metrics.flatMap((name) => [...(labels.get(name) ?? [])])]);
    expect(used.labels.filter((label) => !known.has(label))).toEqual([]);
  });

  it('are all on the dashboard', () => {
    const shown = new Set(expressions.flatMap(([, expression]) => readExpression(expression).metrics));
    const own = [...served.text.matchAll(/^# TYPE (delegation_gateway_\w+)/gm)].map(([, name = '']) => name);
    expect(own.filter((name) => !shown.has(name) && !shown.has(`${name}_bucket`))).toEqual([]);
    expect(alerts.length).toBeGreaterThan(5);
  });

  it('are shown in panels that do not overlap, each with a title and an id of its own', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });
});
