import type { DocumentNode } from 'graphql';
import type { YogaServerOptions } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

const MAX_DOCUMENTS = 100;
/** In characters. GraphiQL's introspection query has 2,000. */
const MAX_LENGTH = 4096;

/**
 * Caches parsed documents for Yoga, which would keep a thousand of 100 KiB for an hour.
 *
 * Longer documents and those that do not parse are not cached: clients do not repeat them, and they may hold a token.
 */
export function documentCache(): YogaServerOptions<object, object>['parserAndValidationCache'] {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      max: MAX_DOCUMENTS,
      maxSize: MAX_DOCUMENTS * MAX_LENGTH,
      maxEntrySize: MAX_LENGTH,
      sizeCalculation: (_document, text) => text.length,
    }),
    errorCache: { get: () => undefined, set: () => {} },
  };
}
