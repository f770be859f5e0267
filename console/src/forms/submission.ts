import { useState } from 'react'
import { repeatedKey } from './draft.ts'
import type { Draft, Field, Tag } from './field.ts'
import { type Refused, refusedMember } from './refused-member.ts'

/** A form on its way to the server. Nothing that was written is lost when it is refused. */
export type Submission = {
  readonly isSending: boolean
  /** What the server says; a new object each time, so that the member is shown again. */
  readonly refused: Refused | undefined
  /** Resolves to true once `send` has; where it rejects, what it says becomes `refused`. */
  submit(fields: readonly Field[], draft: Draft, send: () => Promise<unknown>): Promise<boolean>
}

export function useSubmission(): Submission {
  const [isSending, setIsSending] = useState(false)
  const [refused, setRefused] = useState<Refused>()
  return {
    isSending,
    refused,
    async submit(fields, draft, send) {
      const repeated = fields.find(
        ({ name, control }) => control === 'tags' && repeatedKey((draft[name] ?? []) as readonly Tag[]) !== undefined,
      )
      if (repeated) {
        setRefused({ path: repeated.name, message: 'a key stands twice, and a request has each once' })
        return false
      }
      setIsSending(true)
      setRefused(undefined)
      try {
        await send()
        return true
      } catch (error) {
        setRefused(refusedMember(error instanceof Error ? error.message : String(error), fields, draft))
        return false
      } finally {
        setIsSending(false)
      }
    },
  }
}
