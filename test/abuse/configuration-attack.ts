import type { ConfigFolder } from '../support/config-folder.js';

/** What a command of the operator did with a file of the attacker. */
export interface CommandResult {
  /** The file as it was written. */
  readonly text: string;
  readonly code: number;
  readonly stdout: string;
  /** The lines of standard error that name an error or a warning. */
  readonly lines: readonly string[];
}

/** The command fails, and each error that it prints matches the pattern. */
interface RefusedFile {
  readonly refused: RegExp;
  /** How many errors each file has. Default: at least one. */
  readonly errors?: number;
}

/** The command succeeds, and each warning that it prints, beside those of the valid file, matches the pattern. */
interface WarnedOf {
  readonly warned: RegExp;
}

/** The command succeeds, and what must be true, in words, is true. */
interface AcceptedFile {
  readonly accepted: string;
  readonly check?: (result: CommandResult) => void;
}

/** Text to be written to a file, or the path of a file that is there already. */
export type AttackedFile = string | { readonly path: string };

/** One row about the operator's side: a file that somebody else wrote, or that has a dangerous mistake. */
export interface ConfigurationAttack {
  readonly name: string;
  /** As for any other row. */
  readonly source: string;
  /** Default: check. */
  readonly command?: 'check' | 'import-auth0';
  /** The name of the file. Default: gateway.yaml for check, export.json for import-auth0. */
  readonly file?: string;
  /** Files that all have the same outcome. */
  readonly attack: (folder: ConfigFolder) => readonly AttackedFile[];
  /** The honest file beside them, which must be accepted. Default: the valid file. */
  readonly control?: (folder: ConfigFolder) => string;
  readonly outcome: RefusedFile | WarnedOf | AcceptedFile;
}

export interface ConfigurationTheme {
  readonly title: string;
  readonly attacks: readonly ConfigurationAttack[];
}
