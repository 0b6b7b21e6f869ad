import { onTestFinished, vi } from 'vitest';

/** What this process writes until the test ends; nothing of it reaches the terminal. */
export function captureOutput(): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const spy = vi.spyOn(process[name], 'write').mockImplementation((text) => {
      output[name] += text;
      return true;
    });
    onTestFinished(() => spy.mockRestore());
  }
  return output;
}
