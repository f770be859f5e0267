import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { useApi } from '../api/session.ts'
import { textOf } from './differences.ts'
import { draftOf, requestOf } from './draft.ts'
import type { Draft, Request } from './field.ts'
import { Fields } from './fields.tsx'
import { PartForm } from './part-form.tsx'
import { TAGS_FIELD } from './resource-fields.ts'
import { useSubmission } from './submission.ts'
import { changeTags } from './tags-of-resource.ts'

type Tags = Readonly<Record<string, string>>

const FIELDS = [TAGS_FIELD]
const tagsOf = (request: Request) => (request['tags'] ?? {}) as Tags

/** The tags of a channel or an origin endpoint, which are changed one by one. */
export function TagsEditor({
  arn,
  tags,
  onSaved,
}: {
  readonly arn: string
  readonly tags: Tags
  readonly onSaved: () => Promise<void>
}) {
  const api = useApi()
  const [written, setWritten] = useState<{ readonly before: Tags; readonly draft: Draft }>()
  const { isSending, refused, submit } = useSubmission()
  const { before, draft } = written ?? { before: tags, draft: draftOf(FIELDS, { tags }) }
  const after = tagsOf(requestOf(FIELDS, draft))

  async function save(): Promise<void> {
    const isDone = await submit(FIELDS, draft, () => changeTags(api, arn, before, after))
    if (!isDone) return
    await onSaved()
    setWritten(undefined)
  }

  return (
    <PartForm
      title="Tags"
      actions={
        <Button formAction="submit" loading={isSending} disabled={textOf(after) === textOf(before)}>
          Save tags
        </Button>
      }
      refused={refused}
      onSubmit={save}
    >
      <Fields
        fields={FIELDS}
        draft={draft}
        onChange={(next) => setWritten({ before, draft: next })}
        refused={refused}
      />
    </PartForm>
  )
}
