import type { Logger } from '../../log.ts';

import type { Scrub } from '../secrets.ts';
import type { Failure } from './errors.ts';
import type { Form } from './message.ts';

/** Name and icon of messages: without the scope chat:write.customize they are left out, and the message still goes. */
export interface Customisation {
  /** The form as it may be sent now, and whether its name and icon had to be left out. */
  allowed(form: Form): { form: Form; reduced: boolean };
  /** Slack refused these fields. */
  refused(failure: Failure): void;
}

interface Deps {
  name: string;
  log: Logger;
  scrub: Scrub;
  now(): number;
}

/** Milliseconds after which it is tried again: the scope may have been granted. */
const tryAgainAfter = 10 * 60_000;

const FIELDS = ['username', 'icon_emoji', 'icon_url'];

export function createCustomisation({ name, log, scrub, now }: Deps): Customisation {
  let refusedUntil = 0;
  let told = false;
  return {
    allowed(form) {
      if (now() >= refusedUntil || !isCustomised(form)) return { form, reduced: false };
      const kept = Object.entries(form).filter(([field]) => !FIELDS.includes(field));
      return { form: Object.fromEntries(kept), reduced: true };
    },
    refused({ reason, detail }) {
      refusedUntil = now() + tryAgainAfter;
      if (told) return;
      told = true;
      log.warn(
        { service: name, reason, error: scrub(detail) },
        'Slack does not let the app set name and icon, messages go out without',
      );
    },
  };
}

export function isCustomised(form: Form): boolean {
  return FIELDS.some((field) => (form[field] ?? '') !== '');
}
