import type { Sample } from './gateway.js';

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 70;
const BOTTOM = 40;
const TOP = 44;

/** What happened at which second. */
export interface SoakEvent {
  readonly seconds: number;
  readonly name: 'reload' | 'rotation' | 'restart';
}

const COLORS: Readonly<Record<SoakEvent['name'], string>> = {
  reload: '#d0d7de',
  rotation: '#2da44e',
  restart: '#cf222e',
};

/** Draws the heap after each garbage collection over time, and what happened meanwhile. */
export function drawSoak(samples: readonly Sample[], events: readonly SoakEvent[]): string {
  const end = samples.at(-1)?.seconds ?? 1;
  const most = Math.max(...samples.map(({ heapUsed }) => heapUsed)) * 1.1;
  const x = (seconds: number) => (LEFT + (seconds / end) * (WIDTH - LEFT - 20)).toFixed(1);
  const y = (bytes: number) => (HEIGHT - BOTTOM - (bytes / most) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  const points = samples.map(({ seconds, heapUsed }) => `${x(seconds)},${y(heapUsed)}`).join(' ');
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * most);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Heap of the gateway under mixed load</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    '<text x="12" y="16" font-size="15" font-weight="bold" fill="#1f2328">Heap after garbage collection, in MB, under mixed load</text>',
    '<text x="12" y="31" fill="#57606a">Lines: a reload (grey), a rotation of the signing key (green), a restart of Redis (red).</text>',
    ...events.map(
      ({ seconds, name }) =>
        `<path d="M${x(seconds)} ${TOP}V${HEIGHT - BOTTOM}" stroke="${COLORS[name]}" fill="none"/>`,
    ),
    ...ticks.map(
      (bytes) => `<text x="${LEFT - 8}" y="${y(bytes)}" text-anchor="end">${(bytes / 1e6).toFixed(1)}</text>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (part) =>
        `<text x="${x(part * end)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Math.round(part * end)} s</text>`,
    ),
    `<polyline points="${points}" fill="none" stroke="#1f6feb" stroke-width="2"/>`,
    '</svg>',
    '',
  ].join('\n');
}
