/** docs/reference/services.md: options, sections and recipients of every type of service, from their schemas. */
import type { Field, Fields } from '../../src/services/fields.ts';
import type { SectionField, SectionFields, SectionSchema, ServiceSchema } from '../../src/services/schema.ts';
import { schemaOf, schemas, serviceKeyOf } from '../../src/services/schemas.ts';
import { markdownTable } from '../markdown-table.ts';
import { cell, code, type Page, page } from './markdown.ts';

const kinds: Readonly<Record<Field['kind'], string>> = {
  text: 'text',
  token: 'text, secret',
  password: 'text, secret',
  header: 'text, secret',
  url: 'URL',
  hook: 'URL, secret',
  host: 'host, with or without a port',
  servers: 'URLs, a login in them secret',
  whole: 'whole number',
  flag: '`true` or `false`',
  list: 'list',
  map: 'mapping',
  object: 'mapping',
  objects: 'list of mappings',
};

function optionRows(fields: Fields, path = ''): string[][] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (field.ignored) return [];
    const full = `${path}${name}`;
    const inner =
      'fields' in field ? optionRows(field.fields, `${full}${field.kind === 'objects' ? '[]' : ''}.`) : [];
    const kind = 'of' in field ? `${kinds[field.kind]} of: ${kinds[field.of]}` : kinds[field.kind];
    const fallback = 'default' in field && field.default !== undefined ? code(String(field.default)) : '';
    return [[code(full), kind, field.required === undefined ? '' : 'yes', fallback], ...inner];
  });
}

function ignoredOptions(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => (field.ignored ? [code(name)] : []));
}

const sectionKinds: Readonly<Record<SectionField & string, string>> = {
  text: 'template',
  yaml: 'template of YAML, or YAML of templates',
  literal: 'text',
  flag: '`true` or `false`',
  list: 'list of templates',
  literals: 'list of texts',
  texts: 'mapping of templates',
};

function isList(field: SectionField): field is readonly [SectionFields] {
  return Array.isArray(field);
}

function sectionRows(section: SectionSchema, fields: SectionFields, path = ''): string[][] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const full = `${path}${name === '*' ? '<name>' : name}`;
    if (isList(field)) return sectionRows(section, field[0], `${full}[].`);
    if (typeof field !== 'string') return sectionRows(section, field, `${full}.`);
    const dotted = `${path}${name}`.replaceAll('<name>', '*');
    const notes = [
      section.json?.includes(dotted) && 'JSON once rendered',
      section.words?.[dotted]?.map(code).join(', '),
      section.messageField === dotted && 'in place of `message`',
      section.atTop?.includes(dotted) && 'may stand at the top of the template',
      section.defaults?.[dotted] && 'has a default',
    ];
    return [[code(full), sectionKinds[field], notes.filter(Boolean).join('; ')]];
  });
}

function recipientOf({ recipient }: ServiceSchema): string {
  const { noun, required, keyedBy, commas } = recipient;
  if (keyedBy !== undefined) return `The recipient is a key of ${code(keyedBy)}.`;
  if (required !== undefined)
    return `The recipient is ${required}${commas ? ', or several with commas between them' : ''}.`;
  return noun === 'recipient' ? 'The recipient may be left out.' : `The recipient (${noun}) may be left out.`;
}

function about(schema: ServiceSchema): string {
  const { type, product, mentions, pace } = schema;
  const facts = [
    `${code(`${serviceKeyOf(type)}`)} or ${code(`${serviceKeyOf(type)}.<name>`)}: ${product}, [page](../services/${type}.md).`,
    recipientOf(schema),
    ...(mentions ? ['Templates may mention people by their e-mail address.'] : []),
    ...(pace
      ? [
          `At most ${pace.perSecond} message${pace.perSecond === 1 ? '' : 's'} a second to a recipient, ${pace.burst} at once.`,
        ]
      : []),
  ];
  return facts.join(' ');
}

function sectionsOf(schema: ServiceSchema): string[] {
  const rows = optionRows(schema.options);
  const ignored = ignoredOptions(schema.options);
  return [
    `## ${schema.type}`,
    about(schema),
    rows.length > 0 ? markdownTable(['option', 'kind', 'required', 'default'], rows) : 'No options.',
    ...(ignored.length > 0 ? [`Read and without effect: ${ignored.join(', ')}.`] : []),
    ...(schema.section
      ? [
          `Section ${code(`${schema.type}:`)} of templates:`,
          markdownTable(['field', 'kind', ''], sectionRows(schema.section, schema.section.fields)),
        ]
      : ['No section of templates: the message is sent.']),
  ];
}

export function servicesPage(): Page {
  return page('docs/reference/services.md', [
    '# Options of services',
    `Every type of service: its options, the section that templates have for it, its recipients. [services](../services/README.md)
has a page for each, with an example. A value \`$key\` is taken from the Secret.`,
    markdownTable(
      ['type', 'product', 'argocd-notifications'],
      schemas.map(({ type, product, ...schema }) => [
        `[${type}](#${type})`,
        cell(product),
        'isHeraldOnly' in schema ? 'no' : 'yes',
      ]),
    ),
    ...schemas.flatMap(({ type }) => {
      const schema = schemaOf(type);
      return schema ? sectionsOf(schema) : [];
    }),
  ]);
}
