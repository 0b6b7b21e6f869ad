import { readFileSync, writeFileSync } from 'node:fs';
import { drawChart } from './chart.js';
import type { Results } from './results.js';
import { describeRun, type Table } from './tables.js';

const README = new URL('./README.md', import.meta.url);
const CHART = new URL('./chart.svg', import.meta.url);
/** What this program writes is between these lines. */
const GENERATED = /(<!-- results -->\n).*(<!-- end of results -->\n)/s;

/** Replaces the tables in bench/README.md, and draws bench/chart.svg. */
export function writeReadme(results: Results, tables: readonly Table[]): void {
  const text = readFileSync(README, 'utf8');
  const generated = [describeRun(results), ...tables.map(toMarkdown)].join('\n\n');
  writeFileSync(
    README,
    text.replace(GENERATED, (_, begin, end) => `${begin}${generated}\n${end}`),
  );
  writeFileSync(CHART, drawChart(results));
}

function toMarkdown({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [`### ${title}`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}
