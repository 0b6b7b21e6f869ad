import type { Reloader } from '../config/reload.js';

/** How often the files of the configuration are looked at. */
const POLL_MS = 1_000;

let held = false;
let listener = () => {
  held = true;
};

/** Keeps SIGHUP from ending the process, from now on. One that comes before `reloadOnChange` is kept for it. */
export function holdHangups(): void {
  if (!process.listeners('SIGHUP').includes(handleHangup)) process.on('SIGHUP', handleHangup);
}

function handleHangup(): void {
  listener();
}

/**
 * Reloads when a file of the configuration has changed, and on SIGHUP.
 *
 * @returns a function that ends this
 */
export function reloadOnChange({ reload, poll }: Pick<Reloader<unknown>, 'reload' | 'poll'>): () => void {
  listener = () => void reload();
  if (held) listener();
  const timer = setInterval(() => void poll(), POLL_MS);
  return () => clearInterval(timer);
}
