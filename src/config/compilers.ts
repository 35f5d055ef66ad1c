import type { Problem } from '../model.ts';
import { compileTemplate } from '../templates/schema.ts';
import type { Template } from '../templates/template.ts';
import { compileTrigger } from '../triggers/schema.ts';
import type { Trigger } from '../triggers/trigger.ts';

/** What turns the text of a key into something that runs. */
export interface Compilers {
  compileTrigger(name: string, text: string): { trigger?: Trigger; problems: Problem[] };
  compileTemplate(name: string, text: string): { template?: Template; problems: Problem[] };
}

export const languages: Compilers = { compileTrigger, compileTemplate };
