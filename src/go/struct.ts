/** Go structs, and pointers to them, that the namespaces answer: fields and methods by name. */
import { sprint } from './format.ts';
import type { GoObject } from './typed.ts';

export interface StructOptions {
  kind?: 'struct' | 'ptr';
  /** The type with its package's whole path. */
  path?: string;
}

export class GoStruct implements GoObject {
  readonly goType: string;
  readonly goKind: 'struct' | 'ptr';
  readonly goPath: string;
  /** Fields in order of declaration, and methods as `GoFunction`s, which do not print. */
  readonly members: ReadonlyMap<string, unknown>;
  constructor(type: string, members: Readonly<Record<string, unknown>>, options: StructOptions = {}) {
    this.goType = type;
    this.goKind = options.kind ?? 'struct';
    this.goPath = options.path ?? type;
    this.members = new Map(Object.entries(members));
  }
  goMember(name: string): unknown {
    return this.members.get(name);
  }
  toString(): string {
    const fields = [...this.members.values()].filter((member) => typeof member !== 'function');
    return `${this.goKind === 'ptr' ? '&' : ''}{${fields.map(sprint).join(' ')}}`;
  }
}
