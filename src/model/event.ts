import type { UtcMs } from '../media/time.ts'

/** A notification in the shape EventBridge would carry it. */
export type ServiceEvent = {
  /** UUID. */
  readonly id: string
  readonly at: UtcMs
  readonly detailType: string
  /** ARNs. */
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}
