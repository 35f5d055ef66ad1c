import type { Json, JsonObject } from '../../src/model.ts';
import type { Workspace } from './workspace.ts';

export type Arguments = Readonly<Record<string, Json>>;
export type Answer = JsonObject & { ok: boolean };

export interface MethodContext {
  workspace: Workspace;
  scopes: ReadonlySet<string>;
  users: ReadonlyMap<string, string>;
  /** Ids of user groups by handle. */
  userGroups: ReadonlyMap<string, string>;
  botName: string;
  /** Whether texts and layouts are checked. */
  strict: boolean;
}

export function refuse(error: string, messages?: string[]): Answer {
  return { ok: false, error, ...(messages === undefined ? {} : { response_metadata: { messages } }) };
}

export function missingScope(needed: string, scopes: ReadonlySet<string>): Answer {
  return { ok: false, error: 'missing_scope', needed, provided: [...scopes].join(',') };
}

export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function isTrue(value: Json | undefined): boolean {
  return value === true || value === 'true' || value === '1' || value === 1;
}
