/**
 * What argo-cd's `repo.GetCommitMetadata` and `repo.GetAppDetails` answer, as Go values, and what they answer when
 * nobody knows: everything empty, so that a template goes on. Source: util/notification/expression/shared of argo-cd.
 */
import { goFunction } from '../function.ts';
import { UTC } from '../location.ts';
import { GoNilPointer, GoNilSlice } from '../nil.ts';
import { GoStruct } from '../struct.ts';
import { GoTime, ZERO_SECONDS } from '../time.ts';
import { GoSlice } from '../typed.ts';

export interface CommitMetadata {
  message: string;
  author: string;
  /** undefined: not known; prints and formats as nothing. */
  date: GoTime | undefined;
  /** undefined: a nil slice, as which argo-cd gets an empty list. */
  tags: readonly string[] | undefined;
}

export interface HelmDetails {
  name: string;
  valueFiles: readonly string[];
  parameters: readonly { name: string; value: string }[];
  values: string;
  fileParameters: readonly { name: string; path: string }[];
  /** Parameters of the Application, which win over those of the chart. */
  overrides: readonly { name: string; value: string }[];
}

export interface AppDetails {
  /** `Helm`, `Kustomize`, `Directory` or `Plugin`. */
  type: string;
  helm: HelmDetails | undefined;
  kustomize: { images: readonly string[] } | undefined;
  directory: boolean;
}

const SHARED = 'github.com/argoproj/argo-cd/v3/util/notification/expression/shared';

/** A date that nobody knows: year 1 in a message would be a lie. */
class UnknownTime extends GoTime {
  constructor() {
    super(ZERO_SECONDS, 0, UTC);
  }
  override format(): string {
    return '';
  }
  override goMember(name: string): unknown {
    // Another zone makes a date no better known.
    if (name === 'Local' || name === 'UTC') return goFunction('func() time.Time', () => this);
    if (name === 'In') return goFunction('func(*time.Location) time.Time', () => this);
    return super.goMember(name);
  }
}

export function commitMetadataValue({ message, author, date, tags }: CommitMetadata): GoStruct {
  const members = {
    Message: message,
    Author: author,
    Date: date ?? new UnknownTime(),
    Tags: tags === undefined ? new GoNilSlice('string') : strings(tags),
  };
  return new GoStruct('shared.CommitMetadata', members, { path: `${SHARED}.CommitMetadata` });
}

export function appDetailsValue({ type, helm, kustomize, directory }: AppDetails): GoStruct {
  const members = {
    Type: type,
    Helm: helm === undefined ? new GoNilPointer('*shared.CustomHelmAppSpec') : helmValue(helm),
    Kustomize:
      kustomize === undefined
        ? new GoNilPointer('*apiclient.KustomizeAppSpec')
        : pointer('*apiclient.KustomizeAppSpec', { Images: strings(kustomize.images) }),
    Directory: directory
      ? pointer('*apiclient.DirectoryAppSpec', {})
      : new GoNilPointer('*apiclient.DirectoryAppSpec'),
  };
  return new GoStruct('shared.AppDetail', members, { path: `${SHARED}.AppDetail` });
}

export const UNKNOWN_COMMIT = commitMetadataValue({
  message: '',
  author: '',
  date: undefined,
  tags: undefined,
});

/** `Helm` and `Kustomize` are there and empty, because a field of nil is an error in a template. */
export const UNKNOWN_DETAILS = appDetailsValue({
  type: '',
  helm: { name: '', valueFiles: [], parameters: [], values: '', fileParameters: [], overrides: [] },
  kustomize: { images: [] },
  directory: false,
});

function helmValue(helm: HelmDetails): GoStruct {
  const spec = new GoStruct('apiclient.HelmAppSpec', {
    Name: helm.name,
    ValueFiles: strings(helm.valueFiles),
    Parameters: new GoSlice('*v1alpha1.HelmParameter', helm.parameters.map(parameterValue)),
    Values: helm.values,
    FileParameters: new GoSlice(
      '*v1alpha1.HelmFileParameter',
      helm.fileParameters.map(({ name, path }) =>
        pointer('*v1alpha1.HelmFileParameter', { Name: name, Path: path }),
      ),
    ),
  });
  const parameters = [...helm.overrides, ...helm.parameters];
  return pointer('*shared.CustomHelmAppSpec', {
    HelmAppSpec: spec,
    HelmParameterOverrides: new GoSlice('v1alpha1.HelmParameter', helm.overrides.map(parameterValue)),
    GetParameterValueByName: goFunction(
      'func(string) string',
      (name: string) => parameters.find((parameter) => parameter.name === name)?.value ?? '',
    ),
    GetFileParameterPathByName: goFunction(
      'func(string) string',
      (name: string) => helm.fileParameters.find((parameter) => parameter.name === name)?.path ?? '',
    ),
  });
}

function parameterValue({ name, value }: { name: string; value: string }): GoStruct {
  return pointer('*v1alpha1.HelmParameter', { Name: name, Value: value });
}

function pointer(type: string, members: Readonly<Record<string, unknown>>): GoStruct {
  return new GoStruct(type, members, { kind: 'ptr' });
}

function strings(items: readonly string[]): GoSlice {
  return new GoSlice('string', items);
}
