import type { Config } from '../config/config.ts';

/**
 * The triggers that may ask when Argo CD has compared an Application, which it notes every three minutes for each and
 * which is nearly all that a recording holds, or that read the clock, so that each look at them counts. For an Application
 * that is subscribed to none of them such a change is taken on without being evaluated. By the text: whatever is not
 * certainly something else may.
 */
export function triggersOfComparisons({ triggers }: Pick<Config, 'triggers'>): ReadonlySet<string> {
  const found = [...triggers].filter(([, { conditions }]) =>
    conditions.some(
      ({ when, oncePer = '', timeDependent }) => timeDependent || mayRead(when) || mayRead(oncePer),
    ),
  );
  return new Set(found.map(([name]) => name));
}

/** What is made of the whole Application may be made of anything in it; `let` gives it another name. */
const ofTheWhole = /reconciledAt|\$env|(?<![.\w])(?:shared|repo|sync|let|time)\b/;
/** A member of the Application that is named, and is neither the time nor what holds it. */
const otherMember =
  /(?<![.\w])app\??\.(?:spec\b|operation\b|metadata\??\.(?!resourceVersion\b|generation\b)[a-zA-Z]|status\??\.(?!reconciledAt\b)[a-zA-Z])/g;

function mayRead(text: string): boolean {
  return ofTheWhole.test(text) || /\bapp\b/.test(text.replaceAll(otherMember, ''));
}
