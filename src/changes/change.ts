/** The kinds of things whose changes are told, each by its id. */
export const CHANGE_KINDS = [
  'channel',
  /** What the inputs of a channel have sent, and whether they send; the id is that of the channel. */
  'content',
  'originEndpoint',
  'clip',
  'harvestJob',
  'harvestSchedule',
  'harvestRule',
  'event',
] as const

/** Something that was created, changed or deleted; `everything` stands for all there is. */
export type Change =
  | { readonly kind: (typeof CHANGE_KINDS)[number]; readonly id: string }
  | { readonly kind: 'everything' }

/** The thing that has changed, as a text. */
export function changedThing(change: Change): string {
  return change.kind === 'everything' ? change.kind : `${change.kind} ${change.id}`
}
