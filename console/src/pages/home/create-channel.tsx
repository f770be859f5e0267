import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import { type Channel, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { newDraft, requestOf } from '../../forms/draft.ts'
import { plainText } from '../../forms/field.ts'
import { Fields } from '../../forms/fields.tsx'
import { useKeptDraft } from '../../forms/kept-draft.ts'
import { DESCRIPTION_FIELD, ID_FIELD, TAGS_FIELD } from '../../forms/resource-fields.ts'
import { useSubmission } from '../../forms/submission.ts'
import { FormDialog } from '../../layout/form-dialog.tsx'
import { channelPath } from '../../resources/resource-paths.ts'

const FIELDS = [ID_FIELD, DESCRIPTION_FIELD, TAGS_FIELD]

/** The form that creates a channel, and shows it. */
export function CreateChannel({ onClosed }: { readonly onClosed: () => void }) {
  const api = useApi()
  const reread = useReread()
  const [, navigate] = useLocation()
  const draft = useKeptDraft('create-channel', () => newDraft(FIELDS))
  const { isSending, refused, submit } = useSubmission()

  async function create(): Promise<void> {
    const isDone = await submit(FIELDS, draft.value, () =>
      api.post<Channel>('/channels', requestOf(FIELDS, draft.value)),
    )
    if (!isDone) return
    draft.forget()
    void reread('channel')
    navigate(channelPath(plainText(draft.value['id'])))
  }

  return (
    <FormDialog
      title="Create a channel"
      verb="Create channel"
      leave="Cancel"
      isSending={isSending}
      onSubmit={create}
      onLeft={draft.forget}
      onClosed={onClosed}
    >
      <SpaceBetween size="l">
        {refused && refused.path === undefined && <Alert type="error">{refused.message}</Alert>}
        <Fields fields={FIELDS} draft={draft.value} onChange={draft.change} refused={refused} />
      </SpaceBetween>
    </FormDialog>
  )
}
