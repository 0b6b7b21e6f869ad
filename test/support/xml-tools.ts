import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

const SCHEMAS = { saml: '/usr/share/xml/opensaml', w3c: '/usr/share/xml/xmltooling' };
const PACKAGES = 'libxml2-utils xmlsec1 opensaml-schemas xmltooling-schemas';

/**
 * Skips a test where the tools of libxml2 and the schemas of OASIS are not installed. Under CI it goes on, and fails.
 */
export function needsXmlTools({ skip }: Pick<TestContext, 'skip'>): void {
  const installed = Object.values(SCHEMAS).every((folder) => existsSync(folder)) && runs('xmllint') && runs('xmlsec1');
  skip(!installed && !process.env.CI, `needs the Debian packages ${PACKAGES}`);
}

function runs(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

/**
 * Validates a document against OASIS's schema of SAML 2.0 by libxml2's xmllint, without any network.
 *
 * @returns what is wrong with it, a line each
 */
export function findSchemaErrors(document: string, schema: 'metadata' | 'protocol' | 'assertion'): string[] {
  const folder = scratch();
  const file = join(folder, 'document.xml');
  writeFileSync(file, document);
  writeFileSync(join(folder, 'catalog.xml'), CATALOG);
  const xsd = join(SCHEMAS.saml, `saml-schema-${schema}-2.0.xsd`);
  return run('xmllint', ['--nonet', '--noout', '--schema', xsd, file], {
    XML_CATALOG_FILES: join(folder, 'catalog.xml'),
  })
    .split('\n')
    .filter((line) => line.includes(' error :'))
    .map((line) => line.slice(line.indexOf(' error :') + 1));
}

/** The schemas import each other by addresses of the web; here is what stands for them. */
const CATALOG = `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
  <system systemId="http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd" uri="file://${SCHEMAS.w3c}/xmldsig-core-schema.xsd"/>
  <system systemId="http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd" uri="file://${SCHEMAS.w3c}/xenc-schema.xsd"/>
  <system systemId="http://www.w3.org/2001/xml.xsd" uri="file://${SCHEMAS.w3c}/xml.xsd"/>
</catalog>
`;

/**
 * Verifies the enveloped signature of an element by xmlsec1, which shares no code with what signed it.
 *
 * @param element namespace and local name: `urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor`
 */
export function xmlsecVerifies(document: string, element: string, cert: string): boolean {
  const folder = scratch();
  const files = { document: join(folder, 'document.xml'), cert: join(folder, 'cert.pem') };
  writeFileSync(files.document, document);
  writeFileSync(files.cert, cert);
  const name = element.split(':').at(-1);
  const at = ['--node-xpath', `//*[local-name()='${name}']/*[local-name()='Signature']`];
  const key = ['--pubkey-cert-pem', files.cert, '--enabled-key-data', 'rsa'];
  return /^OK$/m.test(run('xmlsec1', ['--verify', ...key, '--id-attr:ID', element, ...at, files.document]));
}

/** The text of a node by libxml2, which read the document from the start. */
export function textByLibxml(document: string, xpath: string): string {
  const file = join(scratch(), 'document.xml');
  writeFileSync(file, document);
  return run('xmllint', ['--nonet', '--xpath', `string(${xpath})`, file]).replace(/\n$/, '');
}

function run(command: string, parameters: string[], env: Record<string, string> = {}): string {
  const { error, stdout, stderr } = spawnSync(command, parameters, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (error) throw new Error(`${command} is not installed: it is one of the Debian packages ${PACKAGES}`);
  return `${stdout}${stderr}`;
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'saml-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
