import { readFileSync, writeFileSync } from 'node:fs';
import { drawChart } from './chart.js';
import type { Results } from './results.js';
import { describeRun, type Table } from './tables.js';

const README = new URL('./README.md', import.meta.url);
const CHART = new URL('./chart.svg', import.meta.url);

/** Replaces the tables in bench/README.md, and draws bench/chart.svg. */
export function writeReadme(results: Results, tables: readonly Table[]): void {
  replace('results', [describeRun(results), ...tables.map(toMarkdown)].join('\n\n'));
  writeFileSync(CHART, drawChart(results));
}

/** Replaces the profile in bench/README.md. */
export function writeProfile(table: Table): void {
  replace('profile', toMarkdown(table));
}

/** Replaces what stands between `<!-- name -->` and `<!-- end of name -->`. */
function replace(name: string, generated: string): void {
  const place = new RegExp(`(<!-- ${name} -->\\n).*(<!-- end of ${name} -->\\n)`, 's');
  const text = readFileSync(README, 'utf8').replace(place, (_, begin, end) => `${begin}${generated}\n${end}`);
  writeFileSync(README, text);
}

function toMarkdown({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [`### ${title}`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}
