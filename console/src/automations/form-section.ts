import type { Field } from '../forms/field.ts'

/** Members of a form that belong together, below a heading. */
export type FormSection = { readonly title: string; readonly fields: readonly Field[] }
