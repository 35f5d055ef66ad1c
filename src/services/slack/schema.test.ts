import { describe, expect, it } from 'vitest';
import type { Json } from '../../model.ts';
import { validateOptions } from '../schema.ts';
import { readSlackSection, slack } from './schema.ts';

const validateSlackOptions = (source: Json) => validateOptions(slack, source);

describe('options of service.slack', () => {
  it('have defaults, and are read as Go reads them', () => {
    const { options, problems } = validateSlackOptions({
      Token: ' xoxb-1\n',
      disableUnfurl: true,
      username: 5,
      icon: null,
    });
    expect(problems).toEqual([]);
    expect(options).toEqual({
      token: 'xoxb-1',
      apiURL: 'https://slack.com/api/',
      username: '5',
      icon: '',
      disableUnfurl: true,
      insecureSkipVerify: false,
    });
  });

  it('take an apiURL with and without a slash, and fields that have no effect', () => {
    const { options, problems } = validateSlackOptions({
      token: 'x',
      apiURL: 'https://proxy.example/api',
      signingSecret: 's',
      channels: [],
      maxIdleConns: 5,
    });
    expect(options?.apiURL).toBe('https://proxy.example/api');
    expect(problems).toEqual([]);
  });

  it.each([
    [{}, 'token', 'token is missing'],
    [{ token: '$slack-token' }, 'token', 'names a key'],
    [{ token: 'xoxb-1\nx' }, 'token', 'line breaks'],
    [{ token: ['x'] }, 'token', 'must be a string'],
    [{ token: 'x', apiURL: 'slack.com' }, 'apiURL', 'no http(s) URL'],
    [{ token: 'x', insecureSkipVerify: 'true' }, 'insecureSkipVerify', 'must be true or false'],
    ['token', undefined, 'must be a map'],
  ])('%j are refused', (source, field, what) => {
    const { options, problems } = validateSlackOptions(source);
    expect(options).toBeUndefined();
    const problem = problems.find(({ path }) => path[0] === field);
    expect(problem).toMatchObject({ severity: 'error', what: expect.stringContaining(what) });
    expect(problem?.fix).not.toBe('');
  });

  it('warn of what nobody reads and of an icon that is none', () => {
    const { options, problems } = validateSlackOptions({ token: 'x', usrname: 'a', icon: 'rocket' });
    expect(options).toBeDefined();
    expect(problems.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
    expect(problems.map(({ fix }) => fix).join()).toContain('"username"');
  });

  it('never repeat the token', () => {
    for (const token of ['xoxb-secret value', '$xoxb-secret', { xoxb: 'secret' }]) {
      expect(JSON.stringify(validateSlackOptions({ token, icon: 'x' }))).not.toContain('secret');
    }
  });
});

describe('slack section', () => {
  it('reads every field', () => {
    const source = {
      username: 'u',
      icon: ':i:',
      attachments: '[]',
      blocks: '[]',
      groupingKey: 'k',
      notifyBroadcast: true,
      deliveryPolicy: 'Update',
    };
    expect(readSlackSection(source)).toEqual({ section: source, problems: [] });
  });

  it('takes an unknown policy for Post, with a warning', () => {
    const { section, problems } = readSlackSection({ deliveryPolicy: 'update' });
    expect(section.deliveryPolicy).toBe('Post');
    expect(problems).toMatchObject([{ path: ['deliveryPolicy'], severity: 'warning' }]);
  });

  it('insists on JSON in a string and a bool without quotes', () => {
    const { problems } = readSlackSection({ attachments: [{}], notifyBroadcast: 'true' });
    expect(problems.map(({ path }) => path[0])).toEqual(['attachments', 'notifyBroadcast']);
  });
});
