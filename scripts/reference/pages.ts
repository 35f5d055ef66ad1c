/** The pages of docs/reference/, written from the tables of the code. */
import { annotationsPage } from './annotations.ts';
import { commandsPage } from './commands.ts';
import { conditionsPage } from './conditions.ts';
import { configMapPage } from './configmap.ts';
import type { Page } from './markdown.ts';
import { servicesPage } from './services.ts';
import { templatesPage } from './templates.ts';

/** Throws where a function, a field or a key has no example, or an example fails. */
export function referencePages(): Page[] {
  return [
    configMapPage(),
    conditionsPage(),
    templatesPage(),
    servicesPage(),
    commandsPage(),
    annotationsPage(),
  ];
}
