import { didYouMean, editDistance } from '../go/did-you-mean.ts';

const domain = 'notifications.argoproj.io';
const legacy = 'recipients.argocd-notifications.argoproj.io';

/**
 * What a key of an annotation was meant to be that is none of ours but looks like one: its domain is misspelt or
 * missing, or it is the old form with a letter wrong. Undefined: it has nothing to do with notifications. What stands
 * below our own domain is for `annotationForm` to judge.
 */
export function misspeltAnnotation(name: string): string | undefined {
  const slash = name.indexOf('/');
  if (slash < 0) return withoutDomain(name) ?? misspeltLegacy(name);
  const prefix = name.slice(0, slash);
  const local = name.slice(slash + 1);
  if (prefix === domain || prefix === `notified.${domain}`) return undefined;
  const subscribes = local.includes('.') && subscribeWord(local) !== undefined;
  const isOurs = isCloseToDomain(prefix) || (subscribes && /argo|notif/i.test(prefix));
  if (!isOurs) return undefined;
  return `${domain}/${corrected(local)}`;
}

/** The local part with its first word as it is read. */
export function corrected(local: string): string {
  const [first = '', ...rest] = local.split('.');
  const word = subscribeWord(local) ?? first;
  // The name says which trigger and service only in the form with dots.
  if (word === 'subscribe' && rest.length === 0) return 'subscribe.<trigger>.<service>';
  return [word, ...rest].join('.');
}

/** `subscribe` or `subscriptions` for what is neither but close to one. */
function subscribeWord(local: string): 'subscribe' | 'subscriptions' | undefined {
  const [first = '', ...rest] = local.split('.');
  const lower = first.toLowerCase();
  if (lower === 'subscribe') return 'subscribe';
  if (lower.startsWith('subscriptions')) return 'subscriptions';
  // Followed by a trigger and a service it was the form with dots; alone, the YAML list.
  if (rest.length === 0 && /^subscri[a-z]*[_-]?(ya?ml|list)$/.test(lower)) return 'subscriptions';
  const candidates = rest.length > 0 ? ['subscribe'] : ['subscriptions', 'subscribe'];
  return didYouMean(lower, candidates) as 'subscribe' | 'subscriptions' | undefined;
}

/** Two letters wrong at the most, so that `rollouts.argoproj.io` is not meant. */
function isCloseToDomain(prefix: string): boolean {
  const lower = prefix.toLowerCase();
  if (lower === domain) return true;
  if (/^(argocd[.-])?notifications?\.(argoproj|argo-?cd|argo)\.(io|com|org|dev)$/.test(lower)) return true;
  return Math.abs(lower.length - domain.length) <= 2 && editDistance(lower, domain) <= 2;
}

function withoutDomain(name: string): string | undefined {
  const found = /^notifications?\.argoproj\.io[.:_-](.+)$/i.exec(name);
  return found?.[1] === undefined ? undefined : `${domain}/${corrected(found[1])}`;
}

function misspeltLegacy(name: string): string | undefined {
  const found = /^(?:(.+)\.)?(recipi?ents?\.argo-?(?:cd)?-?notifications?\.argo-?proj\.(?:io|com))$/i.exec(
    name,
  );
  if (found === null || found[2] === legacy) return undefined;
  return found[1] === undefined ? legacy : `${found[1]}.${legacy}`;
}
