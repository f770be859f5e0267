import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useSearchParams } from 'wouter'
import { type Answer, pathOf } from '../../api/api-client.ts'
import { type Channel, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { CopiedText } from '../../copying/copied-text.tsx'
import { Conflict } from '../../forms/conflict.tsx'
import { Edited } from '../../forms/edited.tsx'
import { useEditedResource } from '../../forms/edited-resource.ts'
import { Fields } from '../../forms/fields.tsx'
import { KeptNotice } from '../../forms/kept-notice.tsx'
import { PartForm } from '../../forms/part-form.tsx'
import { DESCRIPTION_FIELD } from '../../forms/resource-fields.ts'
import { TagsEditor } from '../../forms/tags-editor.tsx'
import { MomentInBothZones } from '../../time/moment.tsx'

const FIELDS = [DESCRIPTION_FIELD]

/** What people have written about a channel. */
export function DescriptionAndTags({ channel }: { readonly channel: Channel }) {
  const { id = '', arn = '', description, tags = {}, createdAt } = channel
  const reread = useReread()
  const [search, setSearch] = useSearchParams()
  const isEditing = search.get('edit') === 'description'
  const path = pathOf`/channels/${id}`
  return (
    <SpaceBetween size="l">
      {isEditing ? (
        <Edited path={path}>
          {(begun) => <DescriptionForm path={path} begun={begun} onClosed={() => setSearch({})} />}
        </Edited>
      ) : (
        <Container
          header={
            <Header
              variant="h2"
              actions={<Button onClick={() => setSearch({ edit: 'description' })}>Edit description</Button>}
            >
              About the channel
            </Header>
          }
        >
          <KeyValuePairs
            columns={3}
            items={[
              { label: 'Description', value: description ?? '–' },
              { label: 'Created', value: <MomentInBothZones at={createdAt} /> },
              { label: 'ARN', value: <CopiedText text={arn} label="Copy the ARN" /> },
            ]}
          />
        </Container>
      )}
      <TagsEditor arn={arn} tags={tags} onSaved={() => reread('channel')} />
    </SpaceBetween>
  )
}

function DescriptionForm({
  path,
  begun,
  onClosed,
}: {
  readonly path: string
  readonly begun: Answer<object>
  readonly onClosed: () => void
}) {
  const api = useApi()
  const reread = useReread()
  const edited = useEditedResource({ api, path, fields: FIELDS, begun })
  const { draft, refused, differences, isSending } = edited

  async function save(): Promise<void> {
    if (!(await edited.save())) return
    await reread('channel')
    onClosed()
  }

  return (
    <PartForm
      title="About the channel"
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button
            variant="link"
            onClick={() => {
              edited.forget()
              onClosed()
            }}
          >
            Cancel
          </Button>
          <Button variant="primary" formAction="submit" loading={isSending} disabled={differences !== undefined}>
            Save description
          </Button>
        </SpaceBetween>
      }
      refused={refused}
      onSubmit={save}
    >
      <KeptNotice isKept={edited.isKept} onRestart={edited.forget} />
      {differences && <Conflict differences={differences} onTaken={edited.take} />}
      <Fields fields={FIELDS} draft={draft} onChange={edited.change} refused={refused} />
    </PartForm>
  )
}
