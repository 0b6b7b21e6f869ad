import { isRecord } from '../lib/json.js';

/** The keywords of a JSON Schema that `gatewayJsonSchema` makes. */
interface Node {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Node>>;
  readonly type?: string;
  readonly format?: string;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly deprecated?: boolean;
}

const INTRODUCTION = `# Configuration: every field

<!-- Generated from gateway.schema.json by: npm run schema -- --write -->

All fields of \`gateway.yaml\`, with their types and defaults, in the order of the file. [How to write it](gateway-yaml.md) has a complete
example and the rules that concern several fields.

A **secret** is a string, \`{ env: NAME }\` or \`{ file: path }\`: \`env\` is the environment variable that holds it, \`file\` the file that holds it,
relative to the folder of the configuration. A **URL** uses https; http is allowed for loopback hosts only.
`;

/** Prints the Markdown reference of a configuration: a table of fields for each mapping. */
export function printReference(schema: object): string {
  const root = schema as Node;
  const sections: string[] = [];
  /** The section of a mapping, by its properties: a mapping that several fields have is printed once. */
  const printed = new Map<unknown, string>();

  const follow = (node: Node): Node => {
    if (node.$ref === undefined) return node;
    return { ...follow(root.$defs?.[node.$ref.slice('#/$defs/'.length)] ?? {}), ...node };
  };

  /** The forms that a value may have: those of a union, or the only one. */
  const listForms = (node: Node): Node[] => {
    const { anyOf } = follow(node);
    return anyOf && !isSecret(node) ? anyOf.flatMap(listForms) : [node];
  };

  const isSecret = (node: Node): boolean => {
    const names = follow(node).anyOf?.map((form) => Object.keys(follow(form).properties ?? {}).join());
    return names?.join('|') === '|env|file';
  };

  const describeForm = (node: Node): string => {
    if (isSecret(node)) return 'secret';
    const { type, format, items, additionalProperties, properties, minimum, maximum, maxLength, ...form } =
      follow(node);
    if (form.const !== undefined) return code(form.const);
    if (form.enum) return form.enum.map(code).join(', ');
    if (items) return `list of: ${describeType(items)}`;
    if (isRecord(additionalProperties) && !properties)
      return `mapping of names to: ${describeType(additionalProperties)}`;
    if (type === 'object') return 'mapping';
    if (type === 'integer') return minimum === undefined ? type : `${type}, ${minimum} to ${maximum}`;
    if (format === 'uri') return 'URL';
    if (format === 'date-time') return 'time';
    return maxLength === undefined ? (type ?? 'any') : `${type} of at most ${maxLength} characters`;
  };

  const describeType = (node: Node): string => [...new Set(listForms(node).map(describeForm))].join(' or ');

  /** The mappings that a value may be or contain, with the paths of their places. */
  const listMappings = (path: string, node: Node): (readonly [path: string, node: Node])[] =>
    isSecret(node)
      ? []
      : listForms(node).flatMap((form) => {
          const { items, properties, additionalProperties } = follow(form);
          if (items) return listMappings(`${path}[]`, items);
          if (properties) return Object.keys(properties).length === 0 ? [] : [[path, form] as const];
          return isRecord(additionalProperties) ? listMappings(`${path}.*`, additionalProperties) : [];
        });

  const printMapping = (path: string, description: string | undefined, forms: readonly Node[]): void => {
    const rows: string[] = [];
    const unused: string[] = [];
    const inner: (() => void)[] = [];
    for (const form of forms) {
      const { properties = {}, required = [] } = follow(form);
      for (const [name, property] of Object.entries(properties)) {
        const field = follow(property);
        if (field.deprecated) {
          unused.push(code(name));
          continue;
        }
        const at = path === '' ? name : `${path}.${name}`;
        const mappings = listMappings(at, property);
        const [[place, mapping] = [at, undefined]] = mappings;
        const known = mapping && printed.get(follow(mapping).properties);
        if (mapping && known === undefined) {
          printed.set(follow(mapping).properties, place);
          inner.push(() =>
            printMapping(
              place,
              field.description,
              mappings.map(([, each]) => each),
            ),
          );
        }
        const section = known ?? place;
        const link = mapping ? ` See [${code(section)}](#${anchor(section)}).` : '';
        const fallback = required.includes(name) ? 'required' : printDefault(field);
        rows.push(
          `| ${code(name)} | ${describeType(property)} | ${fallback} | ${(field.description ?? '').replaceAll('|', '\\|')}${link} |`,
        );
      }
    }
    const heading = path === '' ? [] : [`## ${code(path)}`, '', ...(description ? [description, ''] : [])];
    const table = ['| field | type | default | |', '|---|---|---|---|', ...rows];
    const rest =
      unused.length > 0 ? ['', `Parts of an Auth0 export that are accepted and not used: ${unused.join(', ')}.`] : [];
    sections.push([...heading, ...table, ...rest, ''].join('\n'));
    for (const print of inner) print();
  };

  printMapping('', undefined, [root]);
  return [INTRODUCTION, ...sections].join('\n');
}

/** Nothing for a mapping: its fields have their own defaults. */
function printDefault(field: Node): string {
  if (field.default === undefined || (isRecord(field.default) && Object.keys(field.default).length === 0)) return '';
  return code(Array.isArray(field.default) ? JSON.stringify(field.default) : field.default);
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

/** The anchor of a heading, as hosts of repositories make it. */
function anchor(heading: string): string {
  return heading.toLowerCase().replace(/[^\w-]/g, '');
}
