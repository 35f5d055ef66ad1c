import type { Config } from '../config/config.ts';

/**
 * Whether a condition may ask when Argo CD has compared an Application, which it notes every three minutes for each and
 * which is nearly all that a recording holds. Where none does, such a change is taken on without being evaluated. By the
 * text: whatever is not certainly something else may.
 */
export function mayReadComparisons({ triggers }: Pick<Config, 'triggers'>): boolean {
  return [...triggers.values()].some(({ conditions }) =>
    conditions.some(
      ({ when, oncePer = '', timeDependent }) => timeDependent || mayRead(when) || mayRead(oncePer),
    ),
  );
}

/** What is made of the whole Application may be made of anything in it; `let` gives it another name. */
const ofTheWhole = /reconciledAt|\$env|(?<![.\w])(?:shared|repo|sync|let|time)\b/;
/** A member of the Application that is named, and is neither the time nor what holds it. */
const otherMember =
  /(?<![.\w])app\??\.(?:spec\b|operation\b|metadata\??\.(?!resourceVersion\b|generation\b)[a-zA-Z]|status\??\.(?!reconciledAt\b)[a-zA-Z])/g;

function mayRead(text: string): boolean {
  return ofTheWhole.test(text) || /\bapp\b/.test(text.replaceAll(otherMember, ''));
}
