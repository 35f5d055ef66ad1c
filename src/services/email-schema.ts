import { serviceSchema } from './schema.ts';

export const email = serviceSchema({
  type: 'email',
  product: 'E-mail',
  pending: true,
  options: {
    host: { kind: 'host', required: 'Set host to the name of the SMTP server.' },
    port: { kind: 'whole' },
    insecure_skip_verify: { kind: 'flag' },
    username: { kind: 'text' },
    password: { kind: 'password' },
    from: { kind: 'text' },
    html: { kind: 'flag' },
  },
  section: { merge: 'keep', fields: { subject: 'text', body: 'text' } },
  recipient: {
    noun: 'address',
    required: 'an address',
    commas: true,
    pattern: { test: /@/, what: 'is no e-mail address', fix: 'Write it as name@example.com.' },
  },
});
