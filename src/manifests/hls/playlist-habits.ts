/** What a source's playlist has that is read as what it seems to mean, or left out: nothing depends on it. */
export type PlaylistHabit =
  | 'ad-tags-left-out'
  | 'attribute-list-malformed'
  | 'attribute-quotes-wrong'
  | 'attribute-twice'
  | 'attribute-unreadable'
  | 'bandwidth-missing'
  | 'byte-order-mark'
  | 'carriage-return-lines'
  | 'character-unreadable'
  | 'date-malformed'
  | 'date-unreadable'
  | 'date-without-zone'
  | 'extinf-malformed'
  | 'extinf-missing'
  | 'extinf-without-segment'
  | 'header-missing'
  | 'image-tiles'
  | 'line-too-long'
  | 'needless-blank'
  | 'rendition-incomplete'
  | 'stream-inf-missing'
  | 'stream-inf-without-variant'
  | 'tag-late'
  | 'tag-malformed'
  | 'tag-misplaced'
  | 'tag-twice'
  | 'tag-unreadable'
  | 'target-duration-wrong'

/** A line for which a habit is noted. */
export type NotedLine = { readonly line: number; readonly text: string }

/** Characters: more than any example is told with. */
const LONGEST_TEXT = 240

/** The habits found in one playlist, each once, with the line that showed it first. */
export class PlaylistHabits {
  private readonly examples = new Map<PlaylistHabit, string>()

  note(habit: PlaylistHabit, { line, text }: NotedLine): void {
    if (this.examples.has(habit)) return
    this.examples.set(habit, `line ${line}: ${text.slice(0, LONGEST_TEXT).replaceAll(/\p{Cc}/gu, '\ufffd')}`)
  }

  get found(): readonly { readonly habit: PlaylistHabit; readonly example: string }[] {
    return Array.from(this.examples, ([habit, example]) => ({ habit, example }))
  }
}
