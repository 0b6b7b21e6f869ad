import type { DocumentNode } from 'graphql';
import type { YogaServerOptions } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

const MAX_DOCUMENTS = 100;
/** Characters of the longest document that is kept; the query that GraphiQL reads the schema with has 2,000. */
const MAX_LENGTH = 4096;

/**
 * Keeps the documents that clients send again and again. One that is longer, or does not parse, is rather an attack or
 * holds a token, and Yoga's own caches would keep a thousand of 100 KiB for an hour.
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
