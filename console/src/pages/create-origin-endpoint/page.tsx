import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import { useLocation, useSearchParams } from 'wouter'
import { useChannels, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { newDraft, requestOf } from '../../forms/draft.ts'
import { type Draft, plainText } from '../../forms/field.ts'
import { useKeptDraft } from '../../forms/kept-draft.ts'
import { KeptNotice } from '../../forms/kept-notice.tsx'
import { PageForm } from '../../forms/page-form.tsx'
import { useSubmission } from '../../forms/submission.ts'
import { EndpointForm } from '../../origin-endpoints/endpoint-form.tsx'
import {
  CREATE_FIELDS,
  type PackageName,
  packageOf,
  withPackage,
} from '../../origin-endpoints/origin-endpoint-fields.ts'
import { channelPath, originEndpointPath } from '../../resources/resource-paths.ts'

/** A day can be rewound, clipped and harvested, unless somebody wants it otherwise. */
const SUGGESTED_STARTOVER_SECONDS = '86400'
const SUFFIXES: Readonly<Record<PackageName, string>> = {
  hlsPackage: 'hls',
  cmafPackage: 'cmaf',
  dashPackage: 'dash',
  mssPackage: 'mss',
}

/** The form that creates an origin endpoint of a channel. */
export function Page() {
  const [search, setSearch] = useSearchParams()
  const channelId = search.get('channelId') ?? ''
  return (
    <CreateForm
      key={channelId}
      channelId={channelId}
      onChannel={(id) => setSearch({ channelId: id }, { replace: true })}
    />
  )
}

const suggestedId = (channelId: string, name: PackageName) => (channelId === '' ? '' : `${channelId}-${SUFFIXES[name]}`)

function CreateForm({
  channelId,
  onChannel,
}: {
  readonly channelId: string
  readonly onChannel: (id: string) => void
}) {
  const api = useApi()
  const reread = useReread()
  const [, navigate] = useLocation()
  const { data: channels = [] } = useChannels()
  const draft = useKeptDraft<Draft>(`create-origin-endpoint ${channelId}`, () => ({
    ...withPackage(newDraft(CREATE_FIELDS), 'hlsPackage'),
    id: suggestedId(channelId, 'hlsPackage'),
    startoverWindowSeconds: SUGGESTED_STARTOVER_SECONDS,
  }))
  const { isSending, refused, submit } = useSubmission()

  function choosePackage(name: PackageName): void {
    const current = packageOf(draft.value)
    const isSuggested = current !== undefined && draft.value['id'] === suggestedId(channelId, current)
    draft.change({ ...withPackage(draft.value, name), ...(isSuggested && { id: suggestedId(channelId, name) }) })
  }

  async function create(): Promise<void> {
    const request = { ...requestOf(CREATE_FIELDS, draft.value), channelId }
    if (!(await submit(CREATE_FIELDS, draft.value, () => api.post('/origin_endpoints', request)))) return
    draft.forget()
    void reread('originEndpoint', 'channel')
    navigate(originEndpointPath(plainText(draft.value['id'])))
  }

  return (
    <PageForm
      title="Create an origin endpoint"
      about="Where viewers, or a CDN, get the stream of a channel in one format."
      action="Create origin endpoint"
      refused={refused}
      isSending={isSending}
      onSubmit={create}
      onCancel={() => {
        draft.forget()
        navigate(channelId === '' ? '/' : channelPath(channelId))
      }}
    >
      <KeptNotice isKept={draft.isKept} onRestart={draft.restart} />
      <FormField label="Channel" description="It cannot be changed later.">
        <Select
          selectedOption={channelId === '' ? null : { value: channelId, label: channelId }}
          options={channels.map(({ id = '' }) => ({ value: id, label: id }))}
          onChange={({ detail }) => onChannel(detail.selectedOption.value ?? '')}
          placeholder="Choose a channel"
          empty="There is no channel yet."
        />
      </FormField>
      <EndpointForm
        kind="create"
        draft={draft.value}
        onChange={draft.change}
        refused={refused}
        onPackage={choosePackage}
      />
    </PageForm>
  )
}
