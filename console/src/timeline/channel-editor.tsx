import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Grid from '@cloudscape-design/components/grid'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { pathOf } from '../api/api-client.ts'
import { HarvestPanel } from '../harvest/harvest-panel.tsx'
import { MadeJobs } from '../harvest/made-jobs.tsx'
import { useZones } from '../time/zone-choice.ts'
import type { InputsReport } from './channel-facts.ts'
import type { TimelinePart } from './content/timeline-part.ts'
import { type Row, rowLayout } from './drawing/row-layout.ts'
import type { Editor } from './editor.ts'
import type { Command } from './model/keys.ts'
import type { PlayableEndpoint } from './player/playable-endpoint.ts'
import { passTime, ScrubView } from './player/scrub-view.tsx'
import { useTimeline } from './store.ts'
import { KeysHelp } from './view/keys-help.tsx'
import { SelectionFields } from './view/selection-fields.tsx'
import { TimelineView } from './view/timeline-view.tsx'

type ChannelEditorProps = {
  readonly channelId: string
  readonly editor: Editor
  readonly endpoints: readonly PlayableEndpoint[]
  readonly inputs: InputsReport | undefined
}

/** The timeline of a channel with content, its player, and what is made of a selection. */
export function ChannelEditor({ channelId, editor, endpoints, inputs }: ChannelEditorProps) {
  const { store, content, film, drawn } = editor
  const { zone } = useZones()
  const [isHelpShown, setIsHelpShown] = useState(false)
  const [endpointId, setEndpointId] = useState<string>()
  const [newest, setNewest] = useState<string>()
  const rate = useTimeline(store, (state) => state.rate)
  const [isPlayerAsked, setIsPlayerAsked] = useState(false)

  const endpoint = endpoints.find(({ id }) => id === endpointId) ?? endpoints[0]
  const rows = useRows(editor)
  const plays = endpoint?.manifestUrl !== undefined && isPlayerAsked

  // An endpoint that nobody has asked for yet has shown nothing: its output is there once it is asked for.
  const url = endpoint?.anyUrl
  useEffect(() => {
    if (url === undefined) return
    const leaving = new AbortController()
    fetch(url, { signal: leaving.signal, credentials: 'omit' })
      .then(() => content.invalidate())
      .catch(() => {})
    return () => leaving.abort()
  }, [url, content])
  // Clips that are made or deleted, here or by others, change what the timeline shows.
  useQuery({
    queryKey: ['clip', 'on the timeline of', channelId],
    queryFn() {
      content.invalidate()
      return null
    },
  })
  useEffect(() => {
    if (rate !== 0) setIsPlayerAsked(true)
  }, [rate])
  useEffect(() => (plays ? undefined : passTime(store)), [plays, store])

  function onCommand(command: Command): void {
    if (command === 'help') setIsHelpShown(true)
    else store.dispatch({ type: 'command', command })
  }

  return (
    <SpaceBetween size="m">
      <Container>
        <SpaceBetween size="m">
          <Grid gridDefinition={[{ colspan: { default: 12, s: 5 } }, { colspan: { default: 12, s: 7 } }]}>
            <div>
              <ScrubView
                store={store}
                picturePath={pathOf`/windrow/v1/channels/${channelId}/key_frame`}
                manifestUrl={endpoint?.manifestUrl}
                isAsked={isPlayerAsked}
              />
            </div>
            <SpaceBetween size="s">
              <SelectionFields store={store} zone={zone} />
              {endpoints.length > 1 && endpoint && (
                <FormField label="Origin endpoint" description="The one that is played and harvested.">
                  <Select
                    selectedOption={{ value: endpoint.id, label: endpoint.id }}
                    options={endpoints.map(({ id, ownKind }) => ({ value: id, label: id, tags: [ownKind] }))}
                    onChange={({ detail }) => setEndpointId(detail.selectedOption.value)}
                  />
                </FormField>
              )}
            </SpaceBetween>
          </Grid>
          <ContentFault editor={editor} />
          <TimelineView
            store={store}
            content={content}
            film={film}
            drawn={drawn}
            rows={rows}
            zone={zone}
            onCommand={onCommand}
          />
        </SpaceBetween>
      </Container>
      {endpoint ? (
        <HarvestPanel
          channelId={channelId}
          store={store}
          endpoint={endpoint}
          inputs={inputs}
          zone={zone}
          onMade={setNewest}
        />
      ) : (
        <Box>No origin endpoint of this channel can be harvested: it takes one with a startover window.</Box>
      )}
      <MadeJobs channelId={channelId} newest={newest} onChange={() => content.invalidate()} />
      <KeysHelp visible={isHelpShown} onDismiss={() => setIsHelpShown(false)} />
    </SpaceBetween>
  )
}

/** Rows are others when their names are. */
function useRows({ content, drawn }: Editor): readonly Row[] {
  const key = useSyncExternalStore(drawn.subscribe, () => rowKeyOf(content.overview))
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what is read of the overview.
  return useMemo(() => rowLayout(content.overview), [key])
}

const rowKeyOf = ({ outputs, inputs }: TimelinePart) =>
  JSON.stringify([outputs, inputs].map((rows) => rows.map(({ id }) => id)))

/** Why what is shown may be old. */
function ContentFault({ editor: { content, drawn } }: { readonly editor: Editor }) {
  const message = useSyncExternalStore(drawn.subscribe, () => content.fault?.message)
  return message !== undefined && <Alert type="warning">The timeline cannot be read anew: {message}</Alert>
}
