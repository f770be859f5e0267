/** What a key does on the timeline. */
export type Command =
  | 'back'
  | 'stop'
  | 'forward'
  | 'play or stop'
  | 'set in'
  | 'set out'
  | 'go to in'
  | 'go to out'
  | 'clear selection'
  | 'add to list'
  | 'frame back'
  | 'frame forward'
  | 'second back'
  | 'second forward'
  | 'ten seconds back'
  | 'ten seconds forward'
  | 'mark back'
  | 'mark forward'
  | 'archive start'
  | 'live edge'
  | 'zoom in'
  | 'zoom out'
  | 'zoom to selection'
  | 'zoom to all'
  | 'page back'
  | 'page forward'
  | 'snapping'
  | 'help'

/** A key, as `KeyboardEvent.key` names it, with the modifier that it needs. */
type Binding = {
  readonly command: Command
  readonly keys: readonly string[]
  readonly shift?: boolean
  readonly help: string
}

/** Every key of the timeline; the help panel lists this table. */
export const BINDINGS: readonly Binding[] = [
  { command: 'back', keys: ['j'], help: 'Play backwards; again: faster' },
  { command: 'stop', keys: ['k'], help: 'Stop' },
  { command: 'forward', keys: ['l'], help: 'Play; again: faster' },
  { command: 'play or stop', keys: [' '], help: 'Play, or stop' },
  { command: 'set in', keys: ['i'], help: 'Set the in point at the playhead' },
  { command: 'set out', keys: ['o'], help: 'Set the out point at the playhead' },
  { command: 'go to in', keys: ['i'], shift: true, help: 'Go to the in point' },
  { command: 'go to out', keys: ['o'], shift: true, help: 'Go to the out point' },
  { command: 'clear selection', keys: ['x'], help: 'Take away in and out points' },
  { command: 'add to list', keys: ['Enter'], help: 'Add the selection to the list of ranges' },
  { command: 'frame back', keys: ['ArrowLeft'], help: 'One frame back' },
  { command: 'frame forward', keys: ['ArrowRight'], help: 'One frame forward' },
  { command: 'second back', keys: ['ArrowLeft'], shift: true, help: 'One second back' },
  { command: 'second forward', keys: ['ArrowRight'], shift: true, help: 'One second forward' },
  { command: 'ten seconds back', keys: ['ArrowDown'], help: 'Ten seconds back' },
  { command: 'ten seconds forward', keys: ['ArrowUp'], help: 'Ten seconds forward' },
  { command: 'mark back', keys: ['['], help: 'To the edge before: of content, breaks, programmes' },
  { command: 'mark forward', keys: [']'], help: 'To the next edge' },
  { command: 'archive start', keys: ['Home'], help: 'To the beginning of the archive' },
  { command: 'live edge', keys: ['End'], help: 'To the live edge' },
  { command: 'page back', keys: ['PageUp'], help: 'Show what is before' },
  { command: 'page forward', keys: ['PageDown'], help: 'Show what is after' },
  { command: 'zoom in', keys: ['+', '='], help: 'Look closer' },
  { command: 'zoom out', keys: ['-', '_'], help: 'Show more' },
  { command: 'zoom to selection', keys: ['z'], help: 'Show the selection' },
  { command: 'zoom to all', keys: ['0'], help: 'Show the whole archive' },
  { command: 'snapping', keys: ['s'], help: 'Snap to edges and key frames, or not' },
  { command: 'help', keys: ['?'], help: 'Show these keys' },
]

export type PressedKey = {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly metaKey: boolean
}

/** Keys that are typed with Shift on some keyboards and without on others. */
const ANY_SHIFT = new Set(['+', '=', '-', '_', '?', '[', ']', '0'])

/** What a key does; undefined for keys of the browser and all others. */
export function commandOf({ key, shiftKey, ctrlKey, altKey, metaKey }: PressedKey): Command | undefined {
  if (ctrlKey || altKey || metaKey) return undefined
  const name = key.length === 1 ? key.toLowerCase() : key
  const found = BINDINGS.find(
    ({ keys, shift = false }) => keys.includes(name) && (shift === shiftKey || ANY_SHIFT.has(name)),
  )
  return found?.command
}

/** How a key is called in the help. */
export function keyName({ keys, shift }: Pick<Binding, 'keys' | 'shift'>): string {
  const [first = ''] = keys
  const name = NAMES[first] ?? first.toUpperCase()
  return shift ? `Shift ${name}` : name
}

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Enter: 'Enter',
  Home: 'Home',
  End: 'End',
  PageUp: 'Page up',
  PageDown: 'Page down',
}
