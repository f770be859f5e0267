/** What happens in a life of a channel that several nodes write. */
import fc from 'fast-check'
import { CUTS, type Cut } from './archive-nodes.ts'
import { type Turn, turn } from './channel-simulation.ts'

export const NODES = 3

export type SharedTurn = Turn & {
  /** To which node each event is given. Those given at once meet each other's commits. */
  readonly given: 'in turn' | 'to any' | 'at once' | 'in bursts'
  /**
   * Whether nodes hear of what others commit before each event; otherwise within two seconds in a calm life, and in
   * others not before a turn in which they do.
   */
  readonly hears: boolean
  /** A node that is cut off at one of its calls. */
  readonly cut?: { readonly node: number; readonly calls: number; readonly kind: Cut } | undefined
  /** A node that is closed, with another opened in its place. */
  readonly replaced?: number | undefined
}

export type SharedScript = {
  readonly isLocked: boolean
  readonly forgets: boolean
  /** How far the clock of each node is ahead, in ms. */
  readonly ahead: readonly number[]
  readonly random: number
  readonly turns: readonly SharedTurn[]
}

/** How many events may be given at once. */
export const MOST_AT_ONCE: Readonly<Record<SharedTurn['given'], number>> = {
  'in turn': 1,
  'to any': 1,
  'at once': 3,
  'in bursts': 16,
}

/** Where everything happens in one order, a rehearsal of the channel shows the same. */
export function isCalm({ ahead, turns }: SharedScript): boolean {
  return (
    ahead.every((ms) => ms === 0) &&
    turns.every(({ given, cut, replaced }) => MOST_AT_ONCE[given] === 1 && cut === undefined && replaced === undefined)
  )
}

const node = fc.integer({ min: 0, max: NODES - 1 })
const cut = fc.record({ node, calls: fc.integer({ min: 0, max: 40 }), kind: fc.constantFrom(...CUTS) })
const calm = fc.record({ given: fc.constantFrom('in turn' as const, 'to any' as const), hears: fc.boolean() })
const troubled = fc.record({
  given: fc.constantFrom('in turn' as const, 'to any' as const, 'at once' as const, 'in bursts' as const),
  hears: fc.boolean(),
  cut: fc.option(cut, { nil: undefined }),
  replaced: fc.option(node, { nil: undefined, freq: 4 }),
})
const turns = (how: fc.Arbitrary<Partial<SharedTurn>>) =>
  fc.array(
    fc.tuple(turn(3), how).map(([what, more]) => ({ ...what, ...more }) as SharedTurn),
    { minLength: 2, maxLength: 6 },
  )
const ahead = fc.constantFrom([0, 0, 0], [0, 2, 5], [3, 0, -4])
export const sharedScript: fc.Arbitrary<SharedScript> = fc
  .record({ isLocked: fc.boolean(), forgets: fc.boolean(), random: fc.integer({ min: 0, max: 2 ** 31 }) })
  .chain((rest) =>
    fc.oneof(
      { weight: 1, arbitrary: turns(calm).map((all) => ({ ...rest, ahead: [0, 0, 0], turns: all })) },
      {
        weight: 3,
        arbitrary: fc.tuple(ahead, turns(troubled)).map(([ms, all]) => ({ ...rest, ahead: ms, turns: all })),
      },
    ),
  )
