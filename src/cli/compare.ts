import { type Comparison, compareAnswers, type Difference } from '../compare/compare.js';
import { AnswerError } from '../compare/decode-answer.js';
import { escapeInvisible } from '../lib/invisible-characters.js';
import { readTextFile } from '../lib/read-text-file.js';
import { type Command, UsageError } from './command.js';

const MAX_BYTES = 1_048_576;
const USAGE = 2;

export const compareCommand: Command = {
  help: `Usage: delegation-gateway compare OLD NEW [--json]

Compares two tokens, or two answers of POST /delegation: one of the old endpoint and one of the gateway. It
decodes the JWTs in them and prints where headers, claims and the rest of the answers differ. The issuer, times
(iat, exp, nbf), identifiers (jti, kid) and signatures are listed apart, because they always differ. It verifies
nothing, and prints no token, no signature and no key.

  OLD, NEW   files that contain a JWT or a JSON body; - reads one of them from standard input
  --json     print one line of JSON: { same, differences, expected }

Exits with 0 when they are the same but for what always differs, 1 when they are different, 2 when one of them
cannot be read.
`,
  options: { json: { type: 'boolean' } },
  maxPositionals: 2,
  async run({ json }, [oldPath, newPath]) {
    if (oldPath === undefined || newPath === undefined)
      throw new UsageError('Two files are required; see delegation-gateway compare --help', USAGE);
    if (oldPath === '-' && newPath === '-') throw new UsageError('Only one of them can be standard input', USAGE);
    const comparison = compare(await read(oldPath), await read(newPath));
    process.stdout.write(json ? formatJson(comparison) : formatText(comparison));
    return comparison.differences.length === 0 ? 0 : 1;
  },
};

function compare(before: string, after: string): Comparison {
  try {
    return compareAnswers(before, after);
  } catch (error) {
    throw error instanceof AnswerError ? new UsageError(`${error.message}.`, USAGE) : error;
  }
}

async function read(path: string): Promise<string> {
  if (path === '-') return readStandardInput();
  try {
    return readTextFile(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'failed';
    throw new UsageError(`${path} cannot be read (${code})`, USAGE);
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new UsageError(`Standard input is larger than ${MAX_BYTES} bytes`, USAGE);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function formatJson(comparison: Comparison): string {
  return `${JSON.stringify({ same: comparison.differences.length === 0, ...comparison })}\n`;
}

function formatText({ differences, expected }: Comparison): string {
  const line = (each: Difference) => `  ${each.path}: ${each.old ?? 'missing'} → ${each.new ?? 'missing'}`;
  return [
    differences.length === 0 ? 'The same.' : `Differences: ${differences.length}`,
    ...differences.map(line),
    ...(expected.length === 0 ? [] : [`Expected to differ: ${expected.length}`]),
    ...expected.map(line),
  ]
    .map((text) => `${escapeInvisible(text)}\n`)
    .join('');
}
