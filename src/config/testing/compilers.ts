/** For tests of `config/`: compilers that compile nothing. The folder may import what `config/` may. */
import { createDecoder } from '../../go/decode.ts';
import { field, fieldKey, parseYaml } from '../../go/yaml.ts';
import type { Template, TemplateString } from '../../templates/template.ts';
import type { Condition } from '../../triggers/trigger.ts';
import type { Compilers } from '../compilers.ts';

/** Compilers that decode and do not compile, and remember what they were given. */
export function createDecodingCompilers(): Compilers & { compiled: string[] } {
  const compiled: string[] = [];
  return {
    compiled,
    compileTrigger(name, text) {
      compiled.push(`trigger.${name}`);
      const document = parseYaml(text);
      const decoder = createDecoder(document, `trigger.${name}`);
      const conditions = (decoder.list([], document.value) ?? []).map((entry, index): Condition => {
        const object = decoder.object([index], entry) ?? {};
        decoder.knownFields([index], object, ['when', 'send', 'oncePer', 'description']);
        const send = decoder.strings(
          [index, fieldKey(object, 'send') ?? 'send'],
          field(object, 'send') ?? null,
        );
        return {
          id: `${index}`,
          index,
          when: decoder.string([index, 'when'], field(object, 'when') ?? null) ?? '',
          send: (send ?? []).map((item) => item.text),
          severity: '',
          labels: {},
          timeDependent: false,
          evaluate: () => ({ status: 'unmatched' }),
        };
      });
      const { problems } = decoder;
      return problems.some(({ severity }) => severity === 'error')
        ? { problems }
        : { trigger: { name, conditions }, problems };
    },
    compileTemplate(name, text) {
      compiled.push(`template.${name}`);
      const document = parseYaml(text);
      const decoder = createDecoder(document, `template.${name}`);
      const object = decoder.object([], document.value) ?? {};
      const source = decoder.string(['message'], field(object, 'message') ?? null) ?? '';
      const message: TemplateString = {
        path: ['message'],
        source,
        dialect: 'go',
        locate: () => undefined,
        inspect: () => [],
        render: () => ({ ok: true, text: source }),
      };
      const template: Template = { name, message, sections: new Map(), strings: [message] };
      const { problems } = decoder;
      return problems.some(({ severity }) => severity === 'error') ? { problems } : { template, problems };
    },
  };
}
