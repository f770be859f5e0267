import type { ResourceChange } from '../resources.ts'

/** Messages between the store's two threads. One batch is one transaction. */
export type Request = { readonly id: number; readonly operation: string; readonly args: readonly unknown[] }

export type DatabaseRequest =
  | { readonly kind: 'requests'; readonly requests: readonly Request[] }
  /** Answered with a reply, but outside all transactions. */
  | { readonly kind: 'snapshot'; readonly id: number; readonly path: string }
  | { readonly kind: 'close' }

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: Error })

export type DatabaseReply =
  | { readonly kind: 'opened'; readonly operations: readonly string[] }
  | { readonly kind: 'refused'; readonly name: string; readonly message: string }
  | { readonly kind: 'replies'; readonly replies: readonly Reply[]; readonly changes: readonly ResourceChange[] }
