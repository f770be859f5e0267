import type { ResourceChange, Resources } from '../resources.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { SmallRequests, Stepwise } from '../stepwise.ts'
import type { SqliteDatabase } from './database.ts'

/** A port's methods as plain functions, which run inside a transaction, in the database's own thread. */
export type Synchronous<Port> = {
  readonly [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never
}

export type Operations = Synchronous<Omit<Resources, 'onChange'> & SmallRequests & Omit<SegmentIndex, keyof Stepwise>>

/** Collects the changes of an operation, which are reported once its transaction is durable. */
export type Changes = { note(change: ResourceChange): void }

/** What an operation writes to: the database, and the changes that this makes. */
export type Written = { readonly db: SqliteDatabase; readonly changes: Changes }
