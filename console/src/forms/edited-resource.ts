import { useState } from 'react'
import { type Answer, type ApiClient, ApiRefused } from '../api/api-client.ts'
import { type Difference, differencesOf, withMine } from './differences.ts'
import { draftOf, requestOf } from './draft.ts'
import type { Draft, Field, Request } from './field.ts'
import { useKeptDraft } from './kept-draft.ts'
import type { Refused } from './refused-member.ts'
import { useSubmission } from './submission.ts'

const PRECONDITION_FAILED = 412

/** What is being written, and what it began with. */
type Written = {
  /** Of what it began with: the server saves the change only as long as nobody else has saved another. */
  readonly etag?: string
  readonly before: Request
  readonly draft: Draft
}

type Meanwhile = Written & { readonly differences: readonly Difference[] }

/** A change of a resource that is saved on condition that nobody else has changed it meanwhile. */
export type EditedResource = {
  readonly draft: Draft
  /** True where it was written before a reload, or in an earlier visit. */
  readonly isKept: boolean
  readonly isSending: boolean
  readonly refused: Refused | undefined
  /** What another has saved meanwhile; undefined as long as nobody is known to. */
  readonly differences: readonly Difference[] | undefined
  change(draft: Draft): void
  /** Goes on from what the other has saved, with these values of mine. */
  take(mine: readonly Difference[]): void
  /** Resolves to true when it is saved. */
  save(): Promise<boolean>
  /** Gives up what was written. */
  forget(): void
}

export function useEditedResource({
  api,
  path,
  fields,
  begun,
  bodyOf = (request) => request,
}: {
  readonly api: ApiClient
  readonly path: string
  readonly fields: readonly Field[]
  /** As it was read when the form was opened. */
  readonly begun: Answer<object>
  /** What is sent of what the form has; all of it, where absent. */
  readonly bodyOf?: (request: Request) => Request
}): EditedResource {
  const startingFrom = ({ value, etag }: Answer<object>): Written => {
    const draft = draftOf(fields, value as Request)
    return { before: requestOf(fields, draft), draft, ...(etag !== undefined && { etag }) }
  }
  const written = useKeptDraft<Written>(`edit ${path}`, () => startingFrom(begun))
  const [meanwhile, setMeanwhile] = useState<Meanwhile>()
  const { isSending, refused, submit } = useSubmission()
  const { etag, before, draft } = written.value
  const mine = requestOf(fields, draft)

  /** Saves, unless another has saved a change of these members since; then resolves to what there is to choose. */
  async function put(ifMatch: string | undefined): Promise<Meanwhile | undefined> {
    try {
      await api.put(path, { body: bodyOf(mine), ifMatch })
      return undefined
    } catch (error) {
      if (!(error instanceof ApiRefused) || error.status !== PRECONDITION_FAILED) throw error
    }
    const theirs = startingFrom(await api.getTagged<object>(path))
    const differences = differencesOf(fields, { before, mine, theirs: theirs.before })
    // Tags may have changed, or what I would save as well: nothing of it is lost.
    return differences.every(({ changedBy }) => changedBy === 'me') ? put(theirs.etag) : { ...theirs, differences }
  }

  return {
    draft,
    isKept: written.isKept,
    isSending,
    refused,
    differences: meanwhile?.differences,
    change: (next) => written.change({ ...written.value, draft: next }),
    take(taken) {
      if (!meanwhile) return
      const { differences: _, ...theirs } = meanwhile
      written.change({ ...theirs, draft: draftOf(fields, withMine(theirs.before, taken)) })
      setMeanwhile(undefined)
    },
    async save() {
      let found: Meanwhile | undefined
      const isAnswered = await submit(fields, draft, async () => {
        found = await put(etag)
      })
      setMeanwhile(found)
      const isSaved = isAnswered && found === undefined
      if (isSaved) written.forget()
      return isSaved
    },
    forget: written.restart,
  }
}
