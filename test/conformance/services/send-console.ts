/** `console` is the writer of the command line: its cases go through `herald template notify`. */
import { parseCommandLine } from '../../../src/cli/command-line.ts';
import { runCommand } from '../../../src/cli/run-command.ts';
import { fakeIo } from '../../../src/cli/testing/fake-io.ts';
import type { JsonObject } from '../../../src/model.ts';
import type { Fixtures } from '../fixtures.ts';
import type { Sender } from './send.ts';
import type { ServiceCase } from './vectors.ts';

export function openConsole({ templates }: ServiceCase, fixtures: Fixtures): Sender {
  const data = Object.entries(templates).map(([name, text]) => [`template.${name}`, text]);
  const context = JSON.stringify(fixtures.context);
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm' },
    data: { ...Object.fromEntries(data), context },
  };
  return {
    async send({ send, recipient, varsRef = '' }) {
      const io = fakeIo({
        files: {
          'config.json': JSON.stringify(configMap),
          'app.json': JSON.stringify(asResource(fixtures.apps[varsRef])),
        },
      });
      const words = ['template', 'notify', send[0] ?? '', 'app.json', '--config-map', 'config.json'];
      const parsed = parseCommandLine([...words, '--recipient', `console:${recipient}`], {});
      if ('exit' in parsed || parsed.command === 'run') throw new Error(JSON.stringify(parsed));
      const code = await runCommand(parsed, io);
      const { stdout, stderr } = io.output;
      return code === 0 ? { result: 'sent', stdout } : { result: 'render', error: stderr };
    },
    close: () => Promise.resolve(),
  };
}

function asResource(app: JsonObject | undefined): JsonObject {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', ...app };
}
