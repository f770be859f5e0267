import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { pathOf } from '../../api/api-client.ts'
import { type Channel, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { textOf } from '../../forms/differences.ts'
import { draftOf, requestOf } from '../../forms/draft.ts'
import type { Draft, Field, Request } from '../../forms/field.ts'
import { Fields } from '../../forms/fields.tsx'
import { PartForm } from '../../forms/part-form.tsx'
import { useSubmission } from '../../forms/submission.ts'

const log = (name: string, label: string, description: string, group: string): Field => ({
  name,
  label,
  description,
  control: 'group',
  isOptional: true,
  fields: [
    {
      name: 'logGroupName',
      label: 'Log group',
      description: '/aws/MediaPackage/ and letters, digits, "_" or "-". Channels may share one.',
      control: 'text',
      otherwise: group,
    },
  ],
})

const FIELDS: readonly Field[] = [
  log(
    'egressAccessLogs',
    'Egress access logs',
    'A line for every request of a player.',
    '/aws/MediaPackage/EgressAccessLogs',
  ),
  log(
    'ingressAccessLogs',
    'Ingress access logs',
    'A line for every request of an encoder.',
    '/aws/MediaPackage/IngressAccessLogs',
  ),
]

/** What the form has when nothing is changed in it. */
function begunWith(channel: Channel): { readonly before: Request; readonly draft: Draft } {
  const draft = draftOf(FIELDS, channel as Request)
  return { before: requestOf(FIELDS, draft), draft }
}

/** The switches of the access logs of a channel. */
export function AccessLogs({ channel }: { readonly channel: Channel }) {
  const api = useApi()
  const reread = useReread()
  const [written, setWritten] = useState<{ readonly before: Request; readonly draft: Draft }>()
  const { isSending, refused, submit } = useSubmission()
  const { before, draft } = written ?? begunWith(channel)
  const request = requestOf(FIELDS, draft)
  const isChanged = textOf(request) !== textOf(before)

  async function save(): Promise<void> {
    const { id = '' } = channel
    const isDone = await submit(FIELDS, draft, async () => {
      // The request replaces both logs, and has no condition.
      const now = begunWith(await api.get<Channel>(pathOf`/channels/${id}`)).before
      if (textOf(now) !== textOf(before)) {
        setWritten({ before: now, draft })
        throw new Error(`Another has changed the access logs meanwhile, to ${textOf(now)}. Save again to replace that.`)
      }
      await api.put(pathOf`/channels/${id}/configure_logs`, { body: request })
    })
    if (!isDone) return
    await reread('channel')
    setWritten(undefined)
  }

  return (
    <PartForm
      title="Access logs"
      about="The setting access-log says where they go: by default into files of the data folder."
      actions={
        <Button formAction="submit" loading={isSending} disabled={!isChanged}>
          Save access logs
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
      {isChanged && <Box color="text-body-secondary">These changes are not saved yet.</Box>}
    </PartForm>
  )
}
