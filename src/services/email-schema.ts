import { addressesIn } from './email/address.ts';
import { escapeHtml } from './email/html.ts';
import { serviceSchema } from './schema.ts';

export const email = serviceSchema({
  type: 'email',
  product: 'E-mail',
  options: {
    host: { kind: 'host', required: 'Set host to the name of the SMTP server.' },
    port: {
      kind: 'whole',
      required: 'Set port: 587 (STARTTLS where the server offers it), 465 (TLS from the start) or 25.',
    },
    insecure_skip_verify: { kind: 'flag' },
    username: { kind: 'text' },
    password: { kind: 'password' },
    from: { kind: 'text', required: 'Set from to the address that mails come from.' },
    html: { kind: 'flag' },
  },
  check({ from, port = 0 }, report) {
    if (addressesIn(from)?.length !== 1) {
      report(
        ['from'],
        'from is no e-mail address',
        'Write argocd@example.com or Argo CD <argocd@example.com>.',
      );
    }
    if (port < 1 || port > 65_535) report(['port'], 'port is no port', 'Write 587, 465 or 25.');
  },
  section: { merge: 'keep', fields: { subject: 'text', body: 'text' }, messageField: 'body' },
  rendering: ({ html }) =>
    html ? { filterValue: escapeHtml, plainFields: ['subject'], lineBreak: '<br>\n' } : {},
  recipient: {
    noun: 'address',
    required: 'an address',
    commas: true,
    pattern: { test: /@/, what: 'is no e-mail address', fix: 'Write it as name@example.com.' },
    fault(recipient) {
      const addresses = addressesIn(recipient);
      if (addresses !== undefined && addresses.length > 0) return undefined;
      return {
        what: recipient.trim() === '' ? 'is missing' : 'is no e-mail address, nor a list of them',
        fix: 'Write name@example.com, or several with commas between them.',
      };
    },
  },
});
