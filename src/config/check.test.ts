import { describe, expect, it } from 'vitest';
import { checkConfig } from './check.ts';
import { createDecodingCompilers } from './testing/compilers.ts';

const check = (...texts: string[]) =>
  checkConfig(
    { files: texts.map((text, index) => ({ name: `file${index + 1}.yaml`, text })) },
    createDecodingCompilers(),
  );

const places = (report: ReturnType<typeof check>) =>
  report.problems.map(
    ({ file, line, column, key, severity }) => `${file}:${line}:${column} ${key} ${severity}`,
  );

const configMap = `# a comment
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-notifications-cm
  namespace: argocd
data:
  service.slack: |
    token: $slack-token
  trigger.on-sync: |
    - when: 'true'
      send: not-a-list
  trigger.folded: >-
    - when: x

      sned: [a]
  template.quoted: "message: x\\nslack:\\n  attachments: [\\n"
  triggers.x: why
`;

const secret = `apiVersion: v1
kind: Secret
metadata: {name: argocd-notifications-secret, namespace: argocd}
data: {slack-token: eG94Yg==}
`;

describe('checkConfig', () => {
  it('reports each problem at its line and column in the file', () => {
    const report = check(`${secret}---\n${configMap}`);
    expect(places(report)).toEqual([
      'file1.yaml:17:13 trigger.on-sync error',
      'file1.yaml:19:13 trigger.folded warning',
      'file1.yaml:21:7 trigger.folded warning',
      'file1.yaml:22:56 template.quoted error',
      'file1.yaml:23:3 triggers.x warning',
    ]);
    expect(report).toMatchObject({ errors: 2, warnings: 3, secretKeysNeeded: [] });
  });

  it('looks references up in the Secrets that are given, and lists them where none is', () => {
    const cm =
      'kind: ConfigMap\ndata:\n  service.slack: "token: $slack-token"\n  service.slack.b: "token: $other:key"\n';
    expect(check(cm)).toMatchObject({ errors: 0, secretKeysNeeded: ['other:key', 'slack-token'] });
    const given = 'kind: Secret\nmetadata: {name: argocd-notifications-secret}\nstringData: {slack-tok: x}\n';
    expect(places(check(cm, given))).toEqual([
      'file1.yaml:3:26 service.slack error',
      'file1.yaml:4:28 service.slack.b error',
    ]);
    const other = 'kind: Secret\nmetadata: {name: other}\nstringData: {key: x}\n';
    expect(places(check(cm, `${given}---\n${other}`))).toEqual(['file1.yaml:3:26 service.slack error']);
  });

  it('takes lists, JSON and bare data', () => {
    const list = JSON.stringify({
      kind: 'List',
      items: [{ kind: 'ConfigMap', metadata: { name: 'x' }, data: { 'trigger.a': '- send: b' } }],
    });
    expect(places(check(list))).toEqual([
      'file1.yaml:1:64  warning',
      expect.stringMatching(/^file1.yaml:1:\d+ trigger.a error$/),
    ]);
    expect(places(check('trigger.a: |\n  - send: b\n'))).toEqual(['file1.yaml:2:11 trigger.a error']);
  });

  it('checks the ConfigMap of each namespace with its own Secret', () => {
    const tenant = (namespace: string, key: string) =>
      `kind: ConfigMap\nmetadata: {name: argocd-notifications-cm, namespace: ${namespace}}\ndata:\n  service.slack: "token: $${key}"\n---\n` +
      `kind: Secret\nmetadata: {name: argocd-notifications-secret, namespace: ${namespace}}\nstringData: {${namespace}: xoxb-x}\n`;
    const report = check(`${tenant('a', 'a')}---\n${tenant('b', 'a')}`);
    expect(report.configMaps.map(({ namespace }) => namespace)).toEqual(['a', 'b']);
    expect(places(report)).toEqual(['file1.yaml:13:26 service.slack error']);
  });

  it('says what is wrong with the file itself', () => {
    expect(places(check('kind: ConfigMap\ndata: [\n'))).toEqual(['file1.yaml:2:7  error']);
    expect(places(check('kind: ConfigMap\ndata:\n  trigger.a: 5\n'))).toEqual([
      'file1.yaml:3:14 trigger.a error',
    ]);
    expect(places(check('kind: Deployment\n'))).toEqual(['file1.yaml:1:1  error']);
    expect(check('').errors).toBe(1);
  });
});
