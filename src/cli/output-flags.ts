import { choiceFlag } from './flag-types.ts';
import type { DeliveriesOptions } from './options.ts';

export const outputGroup = 'Output:';

export const outputFlag = { name: 'output', short: 'o', group: outputGroup, help: 'Format of the output' };

export const listOutput = choiceFlag<DeliveriesOptions['output']>({
  ...outputFlag,
  default: 'text',
  choices: ['text', 'json'],
});
