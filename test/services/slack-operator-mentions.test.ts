/** Whose mentions page: the operator's do, wherever they stand, and none that comes from the cluster does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RepoProvider } from '../../src/go/namespaces/repo.ts';
import { GoStruct } from '../../src/go/struct.ts';
import type { JsonObject } from '../../src/model.ts';
import { createMarkers } from '../../src/services/slack/markers.ts';
import { neutraliseMentions } from '../../src/services/slack/mentions.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';

const context = { oncall: '<!subteam^S0123ABC>', page: '<!here>', team: '{"payments":"<@U0PAY>"}' };
const markers = createMarkers();

function rendered(template: object, app: JsonObject, author = ''): { message: string; section?: JsonObject } {
  const compiled = compileTemplate('t', JSON.stringify(template));
  if (compiled.template === undefined) throw new Error(JSON.stringify(compiled.problems));
  const repo: RepoProvider = {
    commitMetadata: () => new GoStruct('CommitMetadata', { Author: author, Message: author }),
    appDetails: () => null,
  };
  const vars = templateVars({
    app: { metadata: { name: 'shop', labels: { team: 'payments' } }, ...app },
    appProject: { metadata: { name: '<!everyone>' } },
    context,
    secrets: { pager: '<@U0PAGER>' },
    serviceType: 'slack',
    recipient: 'deploys',
    now: 0,
    repo,
    mention: markers.mark,
  });
  const result = renderNotification([compiled.template], vars, {
    serviceType: 'slack',
    jsonFields: ['attachments', 'blocks'],
    filterValue: neutraliseMentions,
  });
  if (!result.ok) throw new Error(result.error);
  return result.notification;
}

const message = (text: string, x: unknown = '', author = '') =>
  rendered({ message: text }, { x: x as string }, author).message;

describe("the operator's mentions page", () => {
  test.each([
    ['{{.context.oncall}} {{.app.metadata.name}}', '<!subteam^S0123ABC> shop'],
    ['{{ $m := "<!here>" }}{{ $m }} {{.app.metadata.name}}', '<!here> shop'],
    ['{{ range list "<@U1>" "<@U2>" }}{{ . }} {{ end }}', '<@U1> <@U2> '],
    ['{{ $t := dict "payments" "<@U0PAY>" }}{{ index $t .app.metadata.labels.team }}', '<@U0PAY>'],
    ['{{ get (fromJson .context.team) .app.metadata.labels.team }}', '<@U0PAY>'],
    ['{{ .secrets.pager | toString }}', '<@U0PAGER>'],
    ['{{ join " " (list .context.oncall "<@U1>" .app.metadata.name) }}', '<!subteam^S0123ABC> <@U1> shop'],
    ['{{ ternary "<!channel>" "" (eq .app.metadata.name "shop") }}', '<!channel>'],
    ['{{ .app.none | default .context.page }}', '<!here>'],
    ['{{ printf "<@%s> %s" .app.metadata.name .context.page }}', '<@shop> <!here>'],
    ['{{ replace "SHOP" "<!here>" "SHOP" | nospace }}', '<!here>'],
    ['{{ define "who" }}{{ .context.page }}{{ end }}{{ template "who" . }}', '<!here>'],
    ['{{ with .context }}{{ .page }}{{ end }}', '<!here>'],
    ['{{ b64enc "x" }}{{ .context.page | quote }}', 'eA=="<!here>"'],
    ['{{context.oncall}} {{app.metadata.name}}', '<!subteam^S0123ABC> shop'],
  ])('%s', (template, expected) => {
    expect(message(template)).toBe(expected);
  });

  test('beside values that a template compares, measures and encodes', () => {
    const text =
      '{{ if contains "<" .app.x }}{{ .app.x | b64enc | trunc 4 }}{{ end }}{{ len .app.x }} {{ .context.page }}';
    expect(message(text, 'a <b')).toBe('YSA84 <!here>');
  });

  test('that are found by the author of a commit', () => {
    const mail =
      '{{ $m := .Author | regexFind "[^<]+@[^>]+" }}{{ get (dict "ann@work.example" "<@U0ANN>") $m }}';
    const text = `{{ with call .repo.GetCommitMetadata "abc" }}${mail}{{ end }} {{ .context.page }}`;
    expect(message(text, '', 'Ann <ann@work.example>')).toBe('<@U0ANN> <!here>');
    const marked = '{{ call .shared.SlackMention .app.x }} {{ .context.page }}';
    expect(message(marked, 'Ann <ann@users.example>')).toBe(`${markers.mark('ann@users.example')} <!here>`);
  });

  test('in layouts, as JSON writes them', () => {
    const attachments =
      '[{"text": {{ printf "%s %s" .context.page .app.x | toJson }}, "title": "{{ .app.x }}"}]';
    const { section } = rendered({ slack: { attachments } }, { x: '<!here> "q"' });
    const [{ text, title }] = JSON.parse(section?.attachments as string);
    expect({ text, title }).toEqual({ text: '<!here> &lt;!here> "q"', title: '&lt;!here> "q"' });
  });
});

describe('nothing of the cluster pages', () => {
  test.each([
    ['{{ .app.x }} {{ .context.page }}', '<!here>', '&lt;!here> <!here>'],
    ['{{ printf "%s%s" .context.page .app.x }}', '<!here>', '<!here>&lt;!here>'],
    ['{{ printf "%s%s" .app.x .context.page }}', '<!here>', '&lt;!here><!here>'],
    ['{{ default "<!here>" .app.x }}', '<!here>', '&lt;!here>'],
    ['{{ ternary "<!here>" .app.x false }}', '<!here>', '&lt;!here>'],
    ['{{ $m := .app.x }}{{ $m }}', '<@U1>', '&lt;@U1>'],
    ['{{ $d := dict "k" .app.x }}{{ $d.k }}', '<@U1>', '&lt;@U1>'],
    ['{{ join "" (list "<" .app.x) }}', '!here>', '&lt;!here>'],
    ['{{ printf "<%s|open>" .app.x }}', '!here', '&lt;!here|open>'],
    ['{{ .app.x | replace "&lt;" "<" }}', '&lt;!here>', '&lt;!here>'],
    ['{{ .app.x | upper }}', '<!here>', '&lt;!HERE>'],
    ['{{ .app.x | nospace }}', '< ! here >', '&lt;!here>'],
    ['{{ .app.x | trunc 8 }}', '<!channel>', '&lt;!channe'],
    ['{{ .app.x | b64dec }}', 'PCFoZXJlPg==', '&lt;!here>'],
    ['{{ (urlParse .app.x).path }}', 'https://h/%3C%21here%3E', '/&lt;!here>'],
    ['{{ call .repo.FullNameByRepoURL .app.x }}', 'https://h/%3C%21here%3E/b', '&lt;!here>/b'],
    ['{{ call .repo.RepoURLToHTTPS .app.x }}', 'https://h/<!here>', 'https://h/%3C%21here%3E'],
    ['{{ range $k, $v := .app.x }}{{ $k }}{{ end }}', { '<!here>': 'a' }, '&lt;!here>'],
    ['{{ .app.x }}', { '<!here>': 'a' }, 'map[&lt;!here>:a]'],
    ['{{ keys .app.x | first }}', { '<!here>': 'a' }, '&lt;!here>'],
    ['{{ (fromJson .app.x).a }}', '{"a":"\\u003c!here>"}', '&lt;!here>'],
    ['{{ .app.x | quote }}', '<!here>', '"&lt;!here>"'],
    ['{{ if contains "<" .app.x }}{{ .app.x }}{{ end }}', '<!here>', '&lt;!here>'],
    ['{{ if contains "<" .app.x }}{{ .app.x | nospace }}{{ end }}', '< !here>', '&lt;!here>'],
    ['{{ .appProject.metadata.name }} {{ .recipient }}', '', '&lt;!everyone> deploys'],
    ['{{ (call .repo.GetCommitMetadata "a").Message }}', '', '&lt;@U9>'],
    ['{{ call .shared.SlackMention .app.x }}', '<!here>', '&lt;!here>'],
    ['{{ range .app.x }}{{ . }}{{ end }}', ['<!here>', '<', '@U1>'], '&lt;!here><\u200b@U1>'],
    ['{{app.x}} {{context.page}}', '<!here>', '&lt;!here> <!here>'],
  ])('%s of %j', (template, x, expected) => {
    expect(message(template, x, '<@U9>')).toBe(expected);
  });

  test('a text with the marks themselves', () => {
    expect(message('{{ .app.x }}', '\u0010!here> <!here>')).toBe('\u0010!here> &lt;!here>');
  });

  test('whatever stands beside the mention of the operator', () => {
    const piece = fc.constantFrom('<', '!', '@', '<!here>', '<@U1>', '!here>', ' ', '\\u003c', 'U1>');
    const whole = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(whole, (x) => {
        const [before, after] = message('{{ printf "%s|%s" .context.page .app.x }}', x).split('|');
        expect(before).toBe('<!here>');
        const seen = after?.replaceAll(/\\u003c/gi, '<');
        expect(seen).not.toMatch(/<(?:!(?:channel|here|everyone|group|subteam\^)|@[UW])/i);
      }),
    );
  });
});
