import { DOMParser } from '@xmldom/xmldom';
import { refused, type UpstreamAnswer, unavailable } from '../../lib/upstream.js';

export const STS = 'AWS STS';

/** The parts of AssumeRoleWithSAMLResult that a caller gets. */
export interface AssumedRole {
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    /** As STS writes it: xs:dateTime. */
    readonly expiration: string;
  };
  readonly assumedRoleId: string | undefined;
  readonly arn: string;
  /** Subject, SubjectType, Issuer, Audience and NameQualifier, where STS gives them. */
  readonly subject: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the answer to AssumeRoleWithSAML
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html).
 *
 * @throws DelegationError UPSTREAM_REFUSED with the code of STS, UPSTREAM_UNAVAILABLE for anything else
 */
export function readStsAnswer({ ok, text }: UpstreamAnswer): AssumedRole {
  const root = parse(text);
  if (!ok) {
    const code = root.localName === 'ErrorResponse' ? textAt(root, 'Error', 'Code') : undefined;
    throw code === undefined ? unavailable(STS, 'gave an answer that is not of its protocol') : refused(STS, code);
  }
  const result = child(root, 'AssumeRoleWithSAMLResult');
  const field = (...path: string[]): string => {
    const value = result && textAt(result, ...path);
    if (value === undefined) throw unavailable(STS, `gave an answer without ${path.at(-1)}`);
    return value;
  };
  return {
    credentials: {
      accessKeyId: field('Credentials', 'AccessKeyId'),
      secretAccessKey: field('Credentials', 'SecretAccessKey'),
      sessionToken: field('Credentials', 'SessionToken'),
      expiration: field('Credentials', 'Expiration'),
    },
    assumedRoleId: result && textAt(result, 'AssumedRoleUser', 'AssumedRoleId'),
    arn: field('AssumedRoleUser', 'Arn'),
    subject: Object.fromEntries(
      ['Subject', 'SubjectType', 'Issuer', 'Audience', 'NameQualifier'].map((name) => [
        name,
        result && textAt(result, name),
      ]),
    ),
  };
}

/** A parser that takes well-formed XML and nothing else; STS sends no document types, and none is looked at. */
function parse(text: string): Element {
  const broken = () => {
    throw unavailable(STS, 'gave an answer that is not XML');
  };
  if (/<!DOCTYPE/i.test(text)) broken();
  const document = new DOMParser({ errorHandler: { warning: broken, error: broken, fatalError: broken } });
  const root: Element | null = document.parseFromString(text, 'text/xml')?.documentElement ?? null;
  return root ?? broken();
}

/** The text of the element at a path, as it stands; undefined where there is none, or an empty one. */
function textAt(element: Element, ...path: readonly string[]): string | undefined {
  const found = path.reduce<Element | undefined>((at, name) => at && child(at, name), element);
  return found?.textContent || undefined;
}

function child(element: Element, name: string): Element | undefined {
  return Array.from(element.childNodes).find(
    (node): node is Element => node.nodeType === 1 && (node as Element).localName === name,
  );
}
