import type { TemplateFunction } from '../gotemplate/functions.ts';

export const SPRIG: ReadonlyMap<string, TemplateFunction> = new Map();
