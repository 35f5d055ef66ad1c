import { createChangeCounter } from '../../src/alerts/change-history.ts';
import { importAlerts } from '../../src/alerts/notified-annotation.ts';
import { readMetadata } from '../../src/cluster/kube-object.ts';
import { readApplication } from '../../src/cluster/watch-applications.ts';
import { type Config, parseConfig } from '../../src/config/parse-config.ts';
import { applicationRecord, recordFingerprint } from '../../src/leader/application-record.ts';
import { type EvaluatedApplication, evaluateApplication } from '../../src/leader/evaluate.ts';
import type { Metrics } from '../../src/metrics/interface.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import { neutraliseMentions } from '../../src/services/slack/mentions.ts';
import { type SlackMessage, slackMessage } from '../../src/services/slack/message.ts';
import { pack } from '../../src/store/pack.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { secret, wholeConfigMap } from './catalogue.ts';

const now = Date.UTC(2026, 10, 22, 12);

/** All that Herald does with an Application, from the object of a frame to the form that Slack is posted. */
export interface ApplicationPath {
  config: Config;
  metrics: Metrics;
  read(object: JsonObject): Application | undefined;
  evaluate(application: Application, project?: JsonObject): EvaluatedApplication;
  /** The message of each template, or why there is none. */
  render(
    application: Application,
    recipient: string,
  ): { template: string; message?: SlackMessage; error?: string }[];
}

export function createApplicationPath(): ApplicationPath {
  const config = parseConfig({ configMap: wholeConfigMap(), secret });
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const active = { namespace: 'argocd', config, services: new Map(), scrub: String };
  const options = {
    token: 'xoxb-1',
    apiURL: 'https://slack.com/api/',
    username: '',
    icon: '',
    disableUnfurl: false,
    insecureSkipVerify: false,
  };

  return {
    config,
    metrics,
    read(object) {
      const metadata = readMetadata(object);
      return metadata && readApplication(object, metadata);
    },
    evaluate(application, project) {
      metrics.setApplication(application, now);
      const counter = createChangeCounter({}, now);
      const evaluated = evaluateApplication(application, project, active, now, counter);
      const { evaluations } = evaluated;
      const alerts = evaluations.map(({ trigger, severity }) => ({ trigger, severity, since: now }));
      metrics.setAlerts(application, alerts);
      importAlerts(application, evaluations, { controllerNamespace: 'argocd', now });
      const record = applicationRecord(application);
      recordFingerprint(record);
      pack({ ...record });
      pack(application.object);
      return evaluated;
    },
    render(application, recipient) {
      const { object } = application;
      const vars = templateVars({
        app: object,
        appProject: {},
        context: config.context,
        serviceType: 'slack',
        recipient,
        now,
        mention: (address) => `<@${address}>`,
      });
      return [...config.templates.values()].map((template) => {
        const { name } = template;
        const rendered = renderNotification([template], vars, {
          serviceType: 'slack',
          jsonFields: ['attachments', 'blocks'],
          filterValue: neutraliseMentions,
          template: (other) => config.templates.get(other),
        });
        if (!rendered.ok) return { template: name, error: rendered.error };
        return { template: name, message: slackMessage(rendered.notification, options) };
      });
    },
  };
}
