/**
 * Which repository a source is of, with its credentials, as Argo CD keeps them: a Secret for each repository, credential
 * templates for those that have none, and how manifests are made in argocd-cm. Nothing here is for logs.
 * Source of the behaviour: util/db/repository*.go and util/settings of argo-cd.
 */
import { isSameRepository, normalizedGitUrl, publicUrl } from './git-url.ts';

/** A Secret, decoded: values by key. */
export interface SecretOfArgocd {
  name: string;
  /** Label `argocd.argoproj.io/secret-type`. */
  type: string;
  data: Readonly<Record<string, string>>;
}

/** What Argo CD has in its namespace, at one moment. */
export interface ArgocdSettings {
  /** Of the types `repository` and `repo-creds`; undefined: they may not be read. */
  secrets: readonly SecretOfArgocd[] | undefined;
  /** Data of argocd-cm; undefined: it may not be read, or is not there. */
  configMap: Readonly<Record<string, string>> | undefined;
}

/** `Repository` of repo-server.proto. */
export type Repository = Readonly<Record<string, string | boolean>>;

type Found = { ok: true; repository: Repository } | { ok: false; error: string };

/** By key of the Secret; in the message they have the same names, but for `url`. Credentials are those that a template gives. */
const texts = {
  credentials: [
    'username',
    'password',
    'bearerToken',
    'sshPrivateKey',
    'tlsClientCertData',
    'tlsClientCertKey',
    'type',
    'githubAppPrivateKey',
    'githubAppEnterpriseBaseUrl',
    'gcpServiceAccountKey',
    'proxy',
    'noProxy',
    'azureServicePrincipalClientId',
    'azureServicePrincipalClientSecret',
    'azureServicePrincipalTenantId',
    'azureActiveDirectoryEndpoint',
  ],
  own: ['name', 'project'],
};
const booleans = {
  /** Of the template in any case, also where the Secret of the repository has one. */
  credentials: ['enableOCI', 'insecureOCIForceHttp', 'forceHttpBasicAuth', 'useAzureWorkloadIdentity'],
  own: ['insecureIgnoreHostKey', 'insecure', 'enableLfs', 'webhookManifestCacheWarmDisabled'],
};
const integers = { credentials: ['githubAppID', 'githubAppInstallationID'], own: ['depth'] };
/** Keys that Argo CD writes into credential templates for those of a repository. */
const otherSpelling: Readonly<Record<string, string>> = {
  azureServicePrincipalClientId: 'azureServicePrincipalClientID',
  azureServicePrincipalTenantId: 'azureServicePrincipalTenantID',
};
/** One of these, and no template is asked for. */
const proofs = [
  'username',
  'password',
  'bearerToken',
  'sshPrivateKey',
  'tlsClientCertData',
  'githubAppPrivateKey',
  'useAzureWorkloadIdentity',
  'azureServicePrincipalClientSecret',
];

/**
 * The Secret of the project wins over one for all projects. An error names the Secret and its key, and holds no value.
 */
export function repositoryOf(settings: ArgocdSettings, repoURL: string, project: string): Found {
  const secret = repositorySecret(settings, repoURL, project);
  const own = secret === undefined ? { ok: true as const, repository: { repo: repoURL } } : readOwn(secret);
  return own.ok ? withTemplate(settings, own.repository) : own;
}

/** Helm repositories that have a name: where dependencies of a chart may be. One that cannot be read is left out. */
export function helmRepositories(settings: ArgocdSettings): Repository[] {
  return ofType(settings, 'repository')
    .map(readOwn)
    .flatMap((read) => (read.ok ? [read.repository] : []))
    .filter(({ type, name = '' }) => type === 'helm' && name !== '')
    .flatMap((repository) => {
      const read = withTemplate(settings, repository);
      return read.ok ? [read.repository] : [];
    });
}

/** `KustomizeOptions` of repo-server.proto. */
export function kustomizeOptions({ configMap = {} }: ArgocdSettings): {
  buildOptions: string;
  versions: { name: string; path: string; buildOptions: string }[];
} {
  const versions = new Map<string, string>();
  for (const [key, path] of Object.entries(configMap)) {
    const [, name] = /^kustomize\.(?:version|path)\.(.+)$/s.exec(key) ?? [];
    if (name !== undefined) versions.set(name, path);
  }
  return {
    buildOptions: configMap['kustomize.buildOptions'] ?? '',
    versions: [...versions].map(([name, path]) => ({
      name,
      path,
      buildOptions: configMap[`kustomize.buildOptions.${name}`] ?? '',
    })),
  };
}

/** `HelmOptions` of repo-server.proto. */
export function helmOptions({ configMap = {} }: ArgocdSettings): { valuesFileSchemes: string[] } {
  const schemes = configMap['helm.valuesFileSchemes'] ?? 'https,http';
  return {
    valuesFileSchemes: schemes
      .split(',')
      .map((scheme) => scheme.trim())
      .filter((scheme) => scheme !== ''),
  };
}

function ofType({ secrets = [] }: ArgocdSettings, type: string): readonly SecretOfArgocd[] {
  return secrets.filter((secret) => secret.type === type).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function repositorySecret(
  settings: ArgocdSettings,
  repoURL: string,
  project: string,
): SecretOfArgocd | undefined {
  const same = ofType(settings, 'repository').filter(({ data }) => isSameRepository(data.url ?? '', repoURL));
  const of = (wanted: string) => same.find(({ data }) => (data.project ?? '') === wanted);
  return of(project) ?? of('');
}

/** The template whose URL is the longest beginning of the repository's. */
function templateSecret(settings: ArgocdSettings, repoURL: string): SecretOfArgocd | undefined {
  const wanted = normalizedGitUrl(repoURL);
  let longest = 0;
  let found: SecretOfArgocd | undefined;
  for (const secret of ofType(settings, 'repo-creds')) {
    const prefix = normalizedGitUrl(secret.data.url ?? '');
    if (prefix.length <= longest || !wanted.startsWith(prefix)) continue;
    longest = prefix.length;
    found = secret;
  }
  return found;
}

function withTemplate(settings: ArgocdSettings, own: Repository): Found {
  if (proofs.some((key) => own[key] !== undefined && own[key] !== '' && own[key] !== false))
    return { ok: true, repository: own };
  const secret = templateSecret(settings, String(own.repo));
  if (secret === undefined) return { ok: true, repository: own };
  const template = read(secret, [texts.credentials, booleans.credentials, integers.credentials]);
  if (!template.ok) return template;
  const kept = Object.entries(own).filter(
    ([key, value]) => value !== '' && value !== '0' && !booleans.credentials.includes(key),
  );
  return {
    ok: true,
    repository: { ...template.repository, ...Object.fromEntries(kept), inheritedCreds: true },
  };
}

function readOwn(secret: SecretOfArgocd): Found {
  const found = read(secret, [
    [...texts.credentials, ...texts.own],
    [...booleans.credentials, ...booleans.own],
    [...integers.credentials, ...integers.own],
  ]);
  if (!found.ok) return found;
  return { ok: true, repository: { repo: secret.data.url ?? '', ...found.repository } };
}

function read(
  { name, type, data }: SecretOfArgocd,
  [textKeys, booleanKeys, integerKeys]: [readonly string[], readonly string[], readonly string[]],
): Found {
  const repository: Record<string, string | boolean> = {};
  const broken = (key: string, what: string): Found => ({
    ok: false,
    error: `${key} of the Secret ${name}, which has the ${type === 'repository' ? 'repository' : 'credential template'} ${publicUrl(data.url ?? '')}, is no ${what}`,
  });
  for (const key of textKeys) {
    const value = (type === 'repo-creds' && data[otherSpelling[key] ?? '']) || data[key];
    if (value !== undefined && value !== '') repository[key] = value;
  }
  for (const key of booleanKeys) {
    const value = data[key];
    if (value === undefined) continue;
    if (/^(1|t|T|TRUE|true|True)$/.test(value)) repository[key] = true;
    else if (!/^(0|f|F|FALSE|false|False)$/.test(value)) return broken(key, 'boolean: write true or false');
  }
  for (const key of integerKeys) {
    const value = data[key];
    if (value === undefined) continue;
    if (!/^[+-]?\d{1,18}$/.test(value)) return broken(key, 'whole number');
    repository[key] = value.replace('+', '');
  }
  return { ok: true, repository };
}
