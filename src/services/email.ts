import { createHash } from 'node:crypto';
import type { Outcome } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import { createApi, type Failure } from './api.ts';
import { cutText, utf8Bytes } from './cut.ts';
import { type Address, addressesIn } from './email/address.ts';
import { cutHtml } from './email/html.ts';
import type { Refused } from './email/reply.ts';
import { deliverMail, type Mail } from './email/smtp.ts';
import type { email } from './email-schema.ts';
import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';

/** Seconds: longer than a delivery is tried. */
const rememberedFor = 2 * 24 * 60 * 60;

/**
 * A mail to the addresses of the recipient. The `Message-ID` is the delivery's, the same in every attempt: many mail
 * systems show the second of two only once, but none has to. Of several addresses those that the server refuses for now
 * are tried again, and the others not.
 */
export const emailService: Implementation<OptionsOf<(typeof email)['options']>> = (options, deps) => {
  const { host, port = 0, username, password, insecure_skip_verify: insecureSkipVerify, html } = options;
  const api = createApi(deps, { noun: 'address' });
  const [from = { name: '', address: '' }] = addressesIn(options.from) ?? [];
  const domain = from.address.split('@')[1] ?? '';
  const refs = createAlertRefs(deps, 'email');

  /** What the mail follows: the first of its alert, or what stands for that where nobody remembers it. */
  async function parentOf(recipient: string, { alert }: SendContext): Promise<string | undefined> {
    if (!alert?.isFollowUp) return undefined;
    const first = (await refs.find(recipient, alert))?.['messageId'];
    if (typeof first === 'string') return first;
    return `<alert-${createHash('sha256').update(alert.key).digest('hex')}@${domain}>`;
  }

  return {
    async send({ message, section }, recipient, context): Promise<Outcome> {
      const headers = addressesIn(recipient) ?? [];
      const all = [...new Set(headers.map(({ address }) => address))];
      const key = `email/${context.deliveryId}`;
      const done = all.length > 1 ? await deps.state.get(key) : undefined;
      const settled = Array.isArray(done?.['settled']) ? done['settled'] : [];
      const text = (field: string) => (typeof section?.[field] === 'string' ? section[field] : '');
      const parent = await parentOf(recipient, context);
      const content = {
        from,
        to: headers,
        subject: text('subject'),
        body: text('body') || message,
        html,
        messageId: `<${context.deliveryId.replaceAll(/[^\w.-]/g, '')}@${domain}>`,
        parent,
        date: deps.now(),
      };
      const mail: Mail = {
        from: from.address,
        to: all.filter((address) => !settled.includes(address)),
        compose: (largest) => compose(content, largest),
      };
      const server = { host, port, insecureSkipVerify, username, password };
      const delivered = await deliverMail(server, mail, context, deps);
      if (!delivered.ok) return api.outcome(delivered, recipient, context);
      const { accepted, refused } = delivered;
      const later = refused.find(({ failure }) => failure.kind === 'retry');
      if (later !== undefined) {
        const over = refused
          .filter(({ failure }) => failure.kind === 'rejected')
          .map(({ address }) => address);
        await deps.state.set(key, { settled: [...settled, ...accepted, ...over] }, rememberedFor);
        return api.outcome({ ok: false, failure: later.failure }, recipient, context);
      }
      await refs.remember(recipient, context.alert, { messageId: parent ?? content.messageId });
      const outcome: Outcome =
        context.earlier === undefined ? { status: 'sent' } : { status: 'sent', earlier: 'unreadable' };
      return refused.length === 0 ? outcome : { ...outcome, ...partly(refused) };
    },
  };

  function partly(refused: readonly Refused[]): { degraded: string; error: string } {
    const details = refused.map(({ failure }: { failure: Failure }) => failure.detail).join('; ');
    const error = deps.scrub(
      `${deps.product} of service ${deps.name} reached the other addresses, but the server ${details}`,
    );
    return { degraded: 'recipients_refused', error };
  }
};

interface Content {
  from: Address;
  to: readonly Address[];
  subject: string;
  body: string;
  html: boolean;
  messageId: string;
  /** Of the mail that this one follows. */
  parent: string | undefined;
  date: number;
}

/** The mail as it goes over the wire; a body that is too long for the server is cut. */
async function compose(content: Content, largest = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const { default: MimeNode } = await import('nodemailer/lib/mime-node');
  const { from, to, html, messageId, parent, date } = content;
  const subject = content.subject
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const cut = (text: string, bytes: number) =>
    html ? cutHtml(text, bytes) : cutText(text, bytes, utf8Bytes);
  // The end of a mail is the end of a line.
  let body = content.body.toWellFormed().replace(/\r?\n$/, '');
  for (;;) {
    const node = new MimeNode('', { newline: 'windows', disableFileAccess: true, disableUrlAccess: true });
    node.setHeader([
      { key: 'From', value: [from] },
      { key: 'To', value: [...to] },
      { key: 'Subject', value: subject },
      { key: 'Message-ID', value: messageId },
      ...(parent === undefined
        ? []
        : [
            { key: 'In-Reply-To', value: parent },
            { key: 'References', value: parent },
          ]),
      { key: 'Date', value: new Date(date) },
      // So that no absence note answers.
      { key: 'Auto-Submitted', value: 'auto-generated' },
      {
        key: 'Content-Type',
        value: { prepared: true, value: `text/${html ? 'html' : 'plain'}; charset=UTF-8` },
      },
      { key: 'Content-Transfer-Encoding', value: 'quoted-printable' },
    ]);
    const built = await node.setContent(body).build();
    // nodemailer leaves out what is empty, and some servers mark down a mail that has no such header.
    const bytes = subject === '' ? Buffer.concat([Buffer.from('Subject: \r\n'), built]) : built;
    const room = Math.floor((Buffer.byteLength(body) * largest * 0.9) / bytes.length);
    // What does not fit without a body either, the server refuses.
    if (bytes.length <= largest || room < 10) return bytes;
    body = cut(body, room);
  }
}
