import { monitoring, remote } from '../applications.ts';
import { health, patch } from '../changes.ts';
import { at } from '../fields.ts';
import { edited, inAlerts, type Step } from './step.ts';

export function repoServerAway(): Step[] {
  return [
    {
      tells: `the repo-server runs out of memory: ${monitoring.length} Applications cannot be compared any more`,
      change(cluster) {
        const message =
          'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unavailable desc = connection error: dial tcp: connect: connection refused';
        for (const name of monitoring) {
          patch(cluster, name, {
            sync: { status: 'Unknown' },
            conditions: [{ type: 'ComparisonError', message, lastTransitionTime: at(0) }],
          });
        }
      },
      expects: [inAlerts(`cannot be compared with their sources: ${monitoring.length}`)],
    },
    {
      tells: 'the repo-server is back: the one message turns green',
      change(cluster) {
        for (const name of monitoring) patch(cluster, name, { sync: { status: 'Synced' }, conditions: [] });
      },
      expects: [
        inAlerts('on-sync-status-unknown'),
        edited(inAlerts(`All ${monitoring.length} Applications can be compared again`)),
      ],
    },
  ];
}

export function clusterAway(): Step[] {
  return [
    {
      tells: 'the cluster at the edge does not answer',
      change: (cluster) =>
        patch(cluster, 'edge-agent', health('Unknown', 'the cluster edge.example.com does not answer')),
      expects: [inAlerts('edge.example.com does not answer')],
    },
    {
      tells: `what runs there is missing, too: ${remote.length} alerts, of which nobody is told (inhibit)`,
      change(cluster) {
        for (const name of remote) patch(cluster, name, health('Missing'));
      },
      expects: [],
      shows: remote.map((name) => `${name} inhibited`),
    },
    {
      tells: 'the cluster answers, and all is there again',
      change(cluster) {
        for (const name of remote) patch(cluster, name, health('Healthy'));
        patch(cluster, 'edge-agent', health('Healthy'));
      },
      expects: [inAlerts('Resolved: edge-agent')],
    },
  ];
}
