import parse from 'parse-prometheus-text-format';
import type { Gateway } from '../../src/gateway.js';

/** A family of metrics, as a parser of the text format reads it. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly Sample[];
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: string;
}

export interface Scrape {
  readonly text: string;
  readonly families: readonly MetricFamily[];
  /** The samples of a metric of ours, without the prefix of its name: label values and value, separated by spaces. */
  read(name: string): string[];
}

const PREFIX = 'delegation_gateway_';

/** The parts of the text format (https://prometheus.io/docs/instrumenting/exposition_formats/), which the parser does not check. */
const LINE =
  /^(?:|# (?:HELP|TYPE) [a-z_:][\w:]* .+|[a-z_:][\w:]*(?:\{[a-z_]\w*="(?:[^"\\]|\\.)*"(?:,[a-z_]\w*="(?:[^"\\]|\\.)*")*\})? (?:[+-]?[\d.]+(?:e[+-]?\d+)?|\+Inf|Nan))$/i;

export function parseScrape(text: string): Scrape {
  const wrong = text.split('\n').find((line) => !LINE.test(line));
  if (wrong !== undefined) throw new Error(`Not a line of the text format: ${wrong}`);
  // The parser merges histograms with labels into one. Without a type, `_bucket`, `_sum` and `_count` are metrics.
  const families = parse(text.replaceAll(/^# TYPE \S+ histogram$/gm, ''));
  return {
    text,
    families,
    read(name) {
      const samples = families.filter((each) => each.name === PREFIX + name).flatMap(({ metrics }) => metrics);
      if (samples.length === 0) throw new Error(`There is no metric ${name}`);
      return samples.map(({ labels = {}, value }) => `${Object.values(labels).join(' ')} ${value}`.trim()).sort();
    },
  };
}

/** Asks a gateway for its metrics, as Prometheus does. */
export async function scrape(gateway: Pick<Gateway, 'fetch'>): Promise<Scrape> {
  const response = await gateway.fetch(new Request('http://gateway.test/metrics'), { remoteAddress: '192.0.2.1' });
  if (response.status !== 200) throw new Error(`/metrics answered with status ${response.status}`);
  return parseScrape(await response.text());
}
