import { type Plugin, processRegularResult } from 'graphql-yoga';

/**
 * Answers with JSON whatever `Accept` says: nothing here streams, and a caller that asks for HTML or events still needs
 * the error and its status.
 */
export function useJsonResult(): Plugin {
  return {
    onResultProcess({ resultProcessor, setResultProcessor }) {
      const regular = processRegularResult as NonNullable<typeof resultProcessor>;
      if (resultProcessor !== regular) setResultProcessor(regular, 'application/json');
    },
  };
}
