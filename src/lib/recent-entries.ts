import { LRUCache } from 'lru-cache';

/**
 * Creates a map that keeps the entries that were used last.
 *
 * @param capacity the most entries. With `max` in its place the library would allocate and fill arrays for all of them at once
 */
export function createRecentEntries<Value extends object | string | number>(capacity: number): LRUCache<string, Value> {
  return new LRUCache({ maxSize: capacity, sizeCalculation: () => 1 });
}
