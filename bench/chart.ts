import { type Results, type RowResult, spreadOf } from './results.js';
import type { RowGroup } from './rows.js';

const WIDTH = 960;
const LABEL_WIDTH = 330;
const VALUE_WIDTH = 70;
const LINE = 24;
const TOP = 56;
const COLORS: Readonly<Record<RowGroup, string>> = {
  floor: '#8a94a6',
  gateway: '#1f6feb',
  limit: '#2da44e',
  peer: '#d9822b',
};

/** Draws the processor time per request of every row as bars, with minimum and maximum as whiskers. */
export function drawChart({ rows }: Results): string {
  const bars = rows.map((row) => ({ row, cost: spreadOf(row, 'processorUs') }));
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / Math.max(...bars.map(({ cost }) => cost.max));
  const height = TOP + bars.length * LINE + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    '<title>Processor time of the server per request</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    '<text x="12" y="22" font-size="15" font-weight="bold" fill="#1f2328">Processor time of the server per request, in µs</text>',
    '<text x="12" y="41" fill="#57606a">Median of the rounds, with minimum and maximum. Shorter is better.</text>',
    ...bars.map(({ row, cost }, index) => drawBar(row, cost, { y: TOP + index * LINE, scale })),
    '</svg>',
    '',
  ].join('\n');
}

function drawBar(
  { name, group }: RowResult,
  { median, min, max }: { readonly median: number; readonly min: number; readonly max: number },
  { y, scale }: { readonly y: number; readonly scale: number },
): string {
  const x = (value: number) => (LABEL_WIDTH + value * scale).toFixed(1);
  const middle = y + LINE / 2;
  return [
    `<text x="${LABEL_WIDTH - 8}" y="${middle + 4}" text-anchor="end" fill="#1f2328">${escapeXml(name)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${y + 4}" width="${(median * scale).toFixed(1)}" height="${LINE - 8}" fill="${COLORS[group]}"/>`,
    `<path d="M${x(min)} ${middle}H${x(max)}M${x(min)} ${middle - 4}v8M${x(max)} ${middle - 4}v8" stroke="#1f2328" fill="none"/>`,
    `<text x="${(LABEL_WIDTH + max * scale + 8).toFixed(1)}" y="${middle + 4}" fill="#1f2328">${Math.round(median).toLocaleString('en')}</text>`,
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
