import { named, regions, set } from '../applications.ts';
import { ago, at } from '../fields.ts';
import { inPlatform, type Step } from './step.ts';

/** ApplicationSets are told of, too: one that generates nothing, and one that takes Applications away. */
export function generated(): Step[] {
  const condition = (
    type: string,
    status: string,
    reason: string,
    message: string,
    lastTransitionTime: string,
  ) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime,
  });
  return [
    {
      tells: 'the ApplicationSet regions cannot generate its Applications: its Git generator fails',
      change(cluster) {
        const message = 'failed to get git files: authentication required';
        cluster.patch(set, {
          status: {
            conditions: [
              condition(
                'ErrorOccurred',
                'True',
                'ApplicationParamsGenerationError',
                message,
                ago({ minutes: 5 }),
              ),
              condition('ParametersGenerated', 'False', 'ErrorOccurred', message, ago({ minutes: 5 })),
            ],
          },
        });
      },
      expects: [inPlatform('ApplicationSet regions cannot generate')],
    },
    {
      tells: 'its credentials are renewed',
      change(cluster) {
        cluster.patch(set, {
          status: {
            conditions: [
              condition('ErrorOccurred', 'False', 'ApplicationSetUpToDate', 'all is up to date', at(0)),
              condition(
                'ParametersGenerated',
                'True',
                'ParametersGenerated',
                'parameters are generated',
                at(0),
              ),
            ],
          },
        });
      },
      expects: [inPlatform('Resolved: regions')],
    },
    {
      tells: `a change of its generator matches ${regions.length} clusters less: their Applications are deleted`,
      change(cluster) {
        for (const name of regions) cluster.remove(named(name));
      },
      expects: [inPlatform(`${regions.length} Applications of ApplicationSet regions were deleted`)],
    },
  ];
}
