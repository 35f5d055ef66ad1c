/** The source of an Application as `Source` of repo-server.proto. Source: `v1alpha1.ApplicationSource` of argo-cd. */
import { z } from 'zod';
import { isObject } from '../json.ts';
import type { JsonObject } from '../model.ts';

const text = z.string().optional();
const flag = z.boolean().optional();
const texts = z.array(z.string()).optional();
const map = z.record(z.string(), z.string()).optional();
const named = z.object({ name: text, value: text });

const jsonnetVariables = z.array(named.extend({ code: flag })).optional();

/** An IntOrString: the kind of value, and the value in a field of its own. */
const count = z
  .union([z.int(), z.string()])
  .transform((value) => (typeof value === 'string' ? { type: 1, strVal: value } : { intVal: value }));

const patchTarget = z
  .object({
    group: text,
    version: text,
    kind: text,
    name: text,
    namespace: text,
    annotationSelector: text,
    labelSelector: text,
  })
  .transform(({ group, version, kind, name, namespace, ...selectors }) => ({
    resId: { gvk: { group, version, kind }, name, namespace },
    ...selectors,
  }));

const Source = z.object({
  repoURL: text,
  path: text,
  targetRevision: text,
  chart: text,
  ref: text,
  name: text,
  tagPrefix: text,
  helm: z
    .object({
      valueFiles: texts,
      parameters: z.array(named.extend({ forceString: flag })).optional(),
      releaseName: text,
      values: text,
      fileParameters: z.array(z.object({ name: text, path: text })).optional(),
      version: text,
      passCredentials: flag,
      ignoreMissingValueFiles: flag,
      skipCrds: flag,
      valuesObject: z
        .unknown()
        .transform((value) => ({ raw: Buffer.from(JSON.stringify(value)).toString('base64') }))
        .optional(),
      namespace: text,
      kubeVersion: text,
      apiVersions: texts,
      skipTests: flag,
      skipSchemaValidation: flag,
    })
    .optional(),
  kustomize: z
    .object({
      namePrefix: text,
      nameSuffix: text,
      images: texts,
      commonLabels: map,
      version: text,
      commonAnnotations: map,
      forceCommonLabels: flag,
      forceCommonAnnotations: flag,
      namespace: text,
      commonAnnotationsEnvsubst: flag,
      replicas: z.array(z.object({ name: text, count })).optional(),
      patches: z
        .array(
          z.object({
            path: text,
            patch: text,
            target: patchTarget.optional(),
            options: z.record(z.string(), z.boolean()).optional(),
          }),
        )
        .optional(),
      components: texts,
      labelWithoutSelector: flag,
      kubeVersion: text,
      apiVersions: texts,
      ignoreMissingComponents: flag,
      labelIncludeTemplates: flag,
    })
    .optional(),
  directory: z
    .object({
      recurse: flag,
      jsonnet: z.object({ extVars: jsonnetVariables, tlas: jsonnetVariables, libs: texts }).optional(),
      exclude: text,
      include: text,
      disableExtensionFilter: flag,
    })
    .optional(),
  plugin: z
    .object({
      name: text,
      env: z.array(named).optional(),
      parameters: z
        .array(z.object({ name: text, string: text, map, array: texts }))
        .transform((parameters) =>
          parameters.map(({ map: entries, array, ...parameter }) => ({
            ...parameter,
            ...(entries && { map: { map: entries } }),
            ...(array && { array: { array } }),
          })),
        )
        .optional(),
    })
    .optional(),
});

export type SourceMessage = z.output<typeof Source>;

/** Fields that are null are absent, and fields that are unknown are left out. An error says where, and holds no value. */
export function sourceMessage(
  source: JsonObject,
): { ok: true; message: SourceMessage } | { ok: false; error: string } {
  const parsed = Source.safeParse(withoutNull(source));
  if (parsed.success) return { ok: true, message: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, error: `${['source', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? ''}` };
}

/** In `valuesObject` null has a meaning: it takes a value of the chart away. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [key, key === 'valuesObject' ? each : withoutNull(each)]),
  );
}
