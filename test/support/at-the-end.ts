import { afterAll, onTestFinished, TestRunner } from 'vitest';

/** Runs when the running test is done, or the file outside of a test. Vitest ignores it in a hook: there, return a teardown. */
export function atTheEnd(run: () => void | Promise<void>): void {
  if (TestRunner.getCurrentTest() === undefined) afterAll(run);
  else onTestFinished(async () => run());
}
