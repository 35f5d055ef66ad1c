import type { NodemailerError } from 'nodemailer';
import type { RejectionScope } from '../../model.ts';
import type { Failure } from '../api.ts';

export interface Refused {
  /** Empty where it is none of the recipients that was refused. */
  address: string;
  failure: Failure;
}

/** What a mail server's refusal means, as nodemailer tells it: 4xx is for later, 5xx for good. */
export function refusalOf(error: Error): Refused {
  const { responseCode = 0, response = '', command = '', recipient = '' } = error as NodemailerError;
  const reason = `smtp_${responseCode}`;
  const { where, mend, scope } = meaningOf(command, responseCode);
  const to = recipient === '' ? where : `${where} ${recipient}`;
  const answer = `answered ${response.replaceAll(/\s+/g, ' ')} to ${to}`;
  if (responseCode < 500) return { address: recipient, failure: { kind: 'retry', reason, detail: answer } };
  return {
    address: recipient,
    failure: { kind: 'rejected', reason, detail: `${answer}. ${mend}`, scope },
  };
}

function meaningOf(command: string, code: number): { where: string; mend: string; scope: RejectionScope } {
  if (command.startsWith('AUTH') || [530, 534, 535, 538].includes(code)) {
    return { where: 'the login', mend: 'Check username and password in the Secret', scope: 'service' };
  }
  switch (command) {
    case 'MAIL FROM':
      return code === 552
        ? { where: 'the size', mend: 'Make the mail shorter', scope: 'notification' }
        : { where: 'the sender', mend: 'Check from, and what the account may send as', scope: 'service' };
    case 'RCPT TO':
      return { where: 'the recipient', mend: 'Check the address', scope: 'recipient' };
    case 'DATA':
      return { where: 'the mail', mend: 'Check what the template writes', scope: 'notification' };
    default:
      return { where: 'the connection', mend: 'Check host and port', scope: 'service' };
  }
}
