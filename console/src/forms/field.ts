/** A value that a member may have, in words. */
export type Option = { readonly value: string; readonly label: string; readonly description?: string }

type Common = {
  /** The member of the request. */
  readonly name: string
  readonly label: string
  /** What the member does; a sentence or two. */
  readonly description: string
  /** When it is shown, by the members beside it; always where it has a value that was given. */
  readonly shownWhen?: (draft: Draft) => boolean
}

/** One description of a member of a request, of which its control, its part of the request and its tests are made. */
export type Field = Common &
  (
    | { readonly control: 'text'; readonly default?: string; readonly example?: string; readonly otherwise?: string }
    /** A whole number. */
    | {
        readonly control: 'number'
        readonly default?: string
        readonly unit?: string
        readonly range?: string
        /** What holds where nothing is written. */
        readonly otherwise?: string
      }
    /** A moment as people write it. */
    | { readonly control: 'moment'; readonly otherwise?: string }
    | { readonly control: 'choice'; readonly options: readonly Option[]; readonly default: string }
    | { readonly control: 'switch'; readonly default: boolean }
    /** Any number of the options. */
    | { readonly control: 'choices'; readonly options: readonly Option[]; readonly default: readonly string[] }
    /** Texts, some of which may be offered. */
    | {
        readonly control: 'texts'
        readonly item: string
        readonly example: string
        readonly offered?: readonly Option[]
      }
    | { readonly control: 'tags' }
    | { readonly control: 'group'; readonly fields: readonly Field[]; readonly isOptional: boolean }
    | { readonly control: 'list'; readonly fields: readonly Field[]; readonly item: string }
  )

export type FieldOf<C extends Field['control']> = Extract<Field, { readonly control: C }>

export type Tag = { readonly key: string; readonly value: string }

/** A structure that may be absent: what was written into it stays where it is switched off. */
export type GroupDraft = { readonly isGiven: boolean; readonly members: Draft }

/** What a form has of a member; undefined, or the empty text, where the request has nothing of it. */
export type DraftValue =
  | string
  | boolean
  | readonly string[]
  | readonly Tag[]
  | readonly Draft[]
  | GroupDraft
  | undefined

/** What a form has, by the names of members. */
export type Draft = { readonly [member: string]: DraftValue }

/** A structure of a request, as JSON has it. */
export type Request = { readonly [member: string]: unknown }

/** Members of a form that belong together, below a heading. */
export type Section = { readonly title: string; readonly fields: readonly Field[] }

/** A value that is a text or a number, as a text; the empty text where it is neither. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? `${value}` : ''
}
