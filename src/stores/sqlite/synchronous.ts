import type { ResourceChange, Resources } from '../resources.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { OutputSegmentOperations } from './output-segments.ts'

/** A port's methods as plain functions: what runs inside a transaction, in the database's own thread. */
export type Synchronous<Port> = {
  readonly [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never
}

/** What the port asks for in one piece and the store does in steps: see `stepwise.ts`. */
type InSteps =
  | 'outputSegment'
  | 'lastOutputSegments'
  | 'outputSegmentsBetween'
  | 'outputSegmentsNumbered'
  | 'outputSegmentsAround'
  | 'forgetChannel'

export type Operations = Synchronous<Omit<Resources, 'onChange'> & Omit<SegmentIndex, InSteps>> &
  OutputSegmentOperations & {
    /** A step of at most `limit` slots and objects: true when nothing of the channel is left. */
    forgetSomeOfChannel(channelGuid: string, limit: number): boolean
  }

/** Where an operation says what it changed; heard once its transaction is durable. */
export type Changes = { note(change: ResourceChange): void }
