import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useRouter } from 'wouter'
import { pathOf } from '../../api/api-client.ts'
import { useOriginEndpoints } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { channelPath } from '../../resources/resource-paths.ts'
import { ChannelEditor } from '../../timeline/channel-editor.tsx'
import { framesPerSecondOf, type InputsReport } from '../../timeline/channel-facts.ts'
import { useEditor } from '../../timeline/editor.ts'
import { playableEndpoints } from '../../timeline/player/playable-endpoint.ts'

/** The timeline of a channel: looked at, selected from, clipped and harvested. */
export function Page({ id }: { readonly id: string }) {
  const api = useApi()
  const { base } = useRouter()
  const [, navigate] = useLocation()
  const endpoints = useOriginEndpoints(id)
  const inputs = useQuery({
    queryKey: ['channel', id, 'inputs'],
    queryFn: ({ signal }) => api.get<InputsReport>(pathOf`/windrow/v1/channels/${id}/inputs`, {}, signal),
    staleTime: 60_000,
  })
  const framesPerSecond = framesPerSecondOf(inputs.data)
  const editor = useEditor(id, framesPerSecond)
  const problem = endpoints.error ?? inputs.error ?? (editor instanceof Error ? editor : undefined)
  return (
    <SpaceBetween size="m">
      <BreadcrumbGroup
        ariaLabel="Where this page is"
        items={[
          { text: 'Channels', href: `${base}/` },
          { text: id, href: base + channelPath(id) },
          { text: 'Timeline', href: '' },
        ]}
        onFollow={(event) => {
          event.preventDefault()
          navigate(event.detail.href.slice(base.length))
        }}
      />
      <Header variant="h1">Timeline of {id}</Header>
      {problem && <Alert type="error">{problem.message}</Alert>}
      {editor === 'nothing' && (
        <Box>This channel has no content yet. The timeline is shown as soon as an encoder sends something.</Box>
      )}
      {editor === undefined && !problem && <Spinner size="large" />}
      {typeof editor === 'object' && !(editor instanceof Error) && endpoints.data && (
        <ChannelEditor
          channelId={id}
          editor={editor}
          endpoints={playableEndpoints(endpoints.data)}
          inputs={inputs.data}
        />
      )}
    </SpaceBetween>
  )
}
