import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useState } from 'react'
import { pathOf } from '../../api/api-client.ts'
import { type Channel, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { textOf } from '../../forms/differences.ts'
import { draftOf, requestOf } from '../../forms/draft.ts'
import type { Field, Request } from '../../forms/field.ts'
import { Fields } from '../../forms/fields.tsx'
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

/** The switches of the access logs of a channel. */
export function AccessLogs({ channel }: { readonly channel: Channel }) {
  const api = useApi()
  const reread = useReread()
  const [written, setWritten] = useState<ReturnType<typeof draftOf>>()
  const { isSending, refused, submit } = useSubmission()
  const draft = written ?? draftOf(FIELDS, channel as Request)
  const request = requestOf(FIELDS, draft)
  const isChanged = textOf(request) !== textOf(requestOf(FIELDS, draftOf(FIELDS, channel as Request)))

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    const path = pathOf`/channels/${channel.id ?? ''}/configure_logs`
    const isDone = await submit(FIELDS, draft, () => api.put(path, { body: request }))
    if (!isDone) return
    await reread('channel')
    setWritten(undefined)
  }

  return (
    <form onSubmit={(event) => void save(event)}>
      <Container
        header={
          <Header
            variant="h2"
            description="The setting access-log says where they go: by default into files of the data folder."
            actions={
              <Button formAction="submit" loading={isSending} disabled={!isChanged}>
                Save access logs
              </Button>
            }
          >
            Access logs
          </Header>
        }
      >
        <SpaceBetween size="l">
          {refused && refused.path === undefined && <Alert type="error">{refused.message}</Alert>}
          <Fields fields={FIELDS} draft={draft} onChange={setWritten} refused={refused} />
          {isChanged && <Box color="text-body-secondary">These changes are not saved yet.</Box>}
        </SpaceBetween>
      </Container>
    </form>
  )
}
