import type { Position } from '../go/yaml-position.ts';
import type { Problem } from '../model.ts';

/** `{{ … }}` outside of comments, one a line. */
export function templateTags(text: string): ({ tag: string } & Position)[] {
  return text.split('\n').flatMap((line, index) => {
    const [tag] = /\{\{.*?(?:\}\}|$)/.exec(/^\s*#/.test(line) ? '' : line) ?? [];
    return tag === undefined
      ? []
      : [{ tag: tag.slice(0, 80), line: index + 1, column: line.indexOf(tag) + 1 }];
  });
}

/** Options are no templates: what stands there is sent as it stands, or breaks the YAML. */
export function checkTemplateTags(key: string, text: string): Omit<Problem, 'severity'>[] {
  return templateTags(text).map(({ tag, ...at }) => {
    const secret = /\bsecrets\.([\w-]+)/.exec(tag)?.[1];
    const fix =
      secret === undefined
        ? 'Write the value itself, or $key for one of the Secret; what differs by Application belongs into a template.'
        : `Write $${secret}, which stands for the key of the Secret.`;
    return { key, ...at, what: `options of services are no templates, so ${tag} is taken as it stands`, fix };
  });
}
