import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Once a root field has succeeded the answer is a 200, and the status of an error is only that of its own field. */
export function useResponseStatus(): Plugin {
  return {
    onExecutionResult({ result }) {
      const { data, errors } = (result ?? {}) as ExecutionResult;
      if (!errors || !data || Object.values(data).every((value) => value === null)) return;
      for (const { extensions } of errors) delete extensions.http;
    },
  };
}
