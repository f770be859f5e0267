import type { ResourceChange, Resources } from '../resources.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { OutputSegmentOperations } from './output-segments.ts'

/** A port's methods as plain functions, which run inside a transaction, in the database's own thread. */
export type Synchronous<Port> = {
  readonly [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never
}

/** Operations of the port that the store runs in steps, see `stepwise.ts`. */
type InSteps =
  | 'outputSegment'
  | 'lastOutputSegments'
  | 'outputSegmentsBetween'
  | 'outputSegmentsNumbered'
  | 'outputSegmentsAround'
  | 'forgetChannel'

export type Operations = Synchronous<Omit<Resources, 'onChange'> & Omit<SegmentIndex, InSteps>> &
  OutputSegmentOperations & {
    /** Deletes at most `limit` slots and objects of a channel; true when nothing of it is left. */
    forgetSomeOfChannel(channelGuid: string, limit: number): boolean
  }

/** Collects the changes of an operation, which are reported once its transaction is durable. */
export type Changes = { note(change: ResourceChange): void }
