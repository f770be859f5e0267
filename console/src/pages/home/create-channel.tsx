import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useId } from 'react'
import { useLocation } from 'wouter'
import { type Channel, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { newDraft, requestOf } from '../../forms/draft.ts'
import { plainText } from '../../forms/field.ts'
import { Fields } from '../../forms/fields.tsx'
import { useKeptDraft } from '../../forms/kept-draft.ts'
import { DESCRIPTION_FIELD, ID_FIELD, TAGS_FIELD } from '../../forms/resource-fields.ts'
import { useSubmission } from '../../forms/submission.ts'
import { channelPath } from '../../resources/resource-paths.ts'

const FIELDS = [ID_FIELD, DESCRIPTION_FIELD, TAGS_FIELD]

/** The form that creates a channel, and shows it. */
export function CreateChannel({ onClosed }: { readonly onClosed: () => void }) {
  const api = useApi()
  const reread = useReread()
  const [, navigate] = useLocation()
  const draft = useKeptDraft('create-channel', () => newDraft(FIELDS))
  const { isSending, refused, submit } = useSubmission()
  const form = useId()

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    const isDone = await submit(FIELDS, draft.value, () =>
      api.post<Channel>('/channels', requestOf(FIELDS, draft.value)),
    )
    if (!isDone) return
    draft.forget()
    void reread('channel')
    navigate(channelPath(plainText(draft.value['id'])))
  }

  return (
    <Modal
      visible
      header="Create a channel"
      closeAriaLabel="Close"
      onDismiss={onClosed}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              variant="link"
              onClick={() => {
                draft.forget()
                onClosed()
              }}
            >
              Cancel
            </Button>
            <Button variant="primary" formAction="submit" form={form} loading={isSending}>
              Create channel
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id={form} onSubmit={(event) => void create(event)}>
        <SpaceBetween size="l">
          {refused && refused.path === undefined && <Alert type="error">{refused.message}</Alert>}
          <Fields fields={FIELDS} draft={draft.value} onChange={draft.change} refused={refused} />
        </SpaceBetween>
      </form>
    </Modal>
  )
}
