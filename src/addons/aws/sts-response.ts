import { refused, type UpstreamAnswer, unavailable } from '../../lib/upstream.js';
import { loadXmldom } from '../shared/saml/xml-libraries.js';

export const STS = 'AWS STS';

/** The parts of AssumeRoleWithSAMLResult that the credential uses. */
export interface AssumedRole {
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    /** The xs:dateTime that STS sent. */
    readonly expiration: string;
  };
  readonly assumedRoleId: string | undefined;
  readonly arn: string;
  /** Subject, SubjectType, Issuer, Audience and NameQualifier, if STS sent them. */
  readonly subject: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the answer to AssumeRoleWithSAML
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html).
 *
 * @throws DelegationError UPSTREAM_REFUSED with the code of STS, UPSTREAM_UNAVAILABLE for anything else
 */
export function readStsAnswer({ ok, text }: UpstreamAnswer): AssumedRole {
  const root = parseXml(text);
  if (!ok) {
    const code = root.localName === 'ErrorResponse' ? readText(root, 'Error', 'Code') : undefined;
    throw code === undefined ? unavailable(STS, 'gave an answer that is not of its protocol') : refused(STS, code);
  }
  const result = findChild(root, 'AssumeRoleWithSAMLResult');
  const field = (...path: string[]): string => {
    const value = result && readText(result, ...path);
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
    assumedRoleId: result && readText(result, 'AssumedRoleUser', 'AssumedRoleId'),
    arn: field('AssumedRoleUser', 'Arn'),
    subject: Object.fromEntries(
      ['Subject', 'SubjectType', 'Issuer', 'Audience', 'NameQualifier'].map((name) => [
        name,
        result && readText(result, name),
      ]),
    ),
  };
}

/** Parses well-formed XML without a document type, which STS never sends. */
function parseXml(text: string): Element {
  const refuse = () => {
    throw unavailable(STS, 'gave an answer that is not XML');
  };
  if (/<!DOCTYPE/i.test(text)) refuse();
  const { DOMParser } = loadXmldom();
  const document = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } });
  const root: Element | null = document.parseFromString(text, 'text/xml')?.documentElement ?? null;
  return root ?? refuse();
}

/** Reads the text of the element at a path; undefined if it is missing or empty. */
function readText(element: Element, ...path: readonly string[]): string | undefined {
  const found = path.reduce<Element | undefined>((at, name) => at && findChild(at, name), element);
  return found?.textContent || undefined;
}

function findChild(element: Element, name: string): Element | undefined {
  return Array.from(element.childNodes).find(
    (node): node is Element => node.nodeType === 1 && (node as Element).localName === name,
  );
}
