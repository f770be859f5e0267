import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Grid from '@cloudscape-design/components/grid'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { useApi } from '../api/session.ts'
import type { Draft } from '../forms/field.ts'
import { Fields } from '../forms/fields.tsx'
import { useKeptDraft } from '../forms/kept-draft.ts'
import { refusedMember } from '../forms/refused-member.ts'
import { serverNow } from '../time/server-clock.ts'
import { bitRatesOf, type InputsReport } from '../timeline/channel-facts.ts'
import { rangeOf } from '../timeline/model/selection.ts'
import { lengthOf, type Span } from '../timeline/model/span.ts'
import type { PlayableEndpoint } from '../timeline/player/playable-endpoint.ts'
import { type TimelineStore, useTimeline } from '../timeline/store.ts'
import { useBuckets } from './buckets.ts'
import { ClipNow } from './clip-now.tsx'
import { DestinationFields } from './destination-fields.tsx'
import { HARVEST_FIELDS } from './harvest-fields.ts'
import { endingFor, FIRST_FORM, type HarvestForm, jobRequest, type NearestWindow, newJobId } from './harvest-request.ts'
import { usePreflight } from './preflight.ts'
import { PreflightResult } from './preflight-result.tsx'
import { RangeList } from './range-list.tsx'

type HarvestPanelProps = {
  readonly channelId: string
  readonly store: TimelineStore
  readonly endpoint: PlayableEndpoint
  readonly inputs: InputsReport | undefined
  readonly zone: string
  /** A job was made; its id. */
  readonly onMade: (jobId: string) => void
}

/** What is made of the selection, or of the list of ranges: a clip at once, or an asset in a bucket. */
export function HarvestPanel(props: HarvestPanelProps) {
  const { channelId, store, endpoint, inputs, zone, onMade } = props
  const api = useApi()
  const queries = useQueryClient()
  const selection = useTimeline(store, (state) => state.selection)
  const listed = useTimeline(store, (state) => state.ranges)
  const stillAt = useTimeline(store, (state) => (state.rate === 0 ? state.playhead : undefined))
  const kept = useKeptDraft<HarvestForm>('harvest', () => FIRST_FORM)
  const form = useFirstBucket(kept.value)
  const [id, setId] = useState('')

  const selected = rangeOf(selection)
  const ranges = listed.length > 0 ? listed : selected ? [selected] : []
  const asked = {
    form,
    endpoint,
    ranges,
    ...(form.isStillAtPlayhead && stillAt !== undefined && { playhead: stillAt }),
    ...(id !== '' && { id }),
  }
  const canAsk = ranges.length > 0 && form.bucketName !== ''
  const { forecast, refusal, isOld } = usePreflight(canAsk ? jobRequest(asked) : undefined)
  const harvest = useMutation({
    mutationFn: () =>
      api.post<HarvestReport>(
        '/windrow/v1/harvest_jobs',
        jobRequest({ ...asked, id: id === '' ? newJobId(serverNow(), Math.random()) : id }),
      ),
    onSuccess(job) {
      setId('')
      void queries.invalidateQueries({ queryKey: ['harvestJob'] })
      onMade(job.id)
    },
  })
  const said = harvest.error ?? refusal
  const refused = said ? refusedMember(said.message, HARVEST_FIELDS, form) : undefined
  const problemOf = (path: string) =>
    said?.message.startsWith(`${path}: `) ? said.message.slice(path.length + 2) : undefined

  function takeNearest({ range, start, end }: NearestWindow): void {
    if (listed.length === 0) store.dispatch({ type: 'select', selection: { in: start, out: end } })
    else if (range !== undefined && listed[range])
      store.dispatch({ type: 'ranges', ranges: listed.with(range, { start, end }) })
  }

  return (
    <Container
      header={
        <Header
          variant="h2"
          description="A clip is played at once from the archive; a harvest writes files to a bucket."
        >
          Clip and harvest
        </Header>
      }
    >
      <SpaceBetween size="l">
        <RangeList
          ranges={listed}
          zone={zone}
          onChange={(next) => store.dispatch({ type: 'ranges', ranges: next })}
          onShow={(range) => store.dispatch({ type: 'move', moment: range.start })}
        />
        {ranges.length === 0 && <Box>Select something on the timeline: set an in point and an out point.</Box>}
        <ClipNow channelId={channelId} range={selected} isToFrame={form.cut !== 'SEGMENT'} onNearest={takeNearest} />
        <Grid gridDefinition={[{ colspan: { default: 12, m: 6 } }, { colspan: { default: 12, m: 6 } }]}>
          <SpaceBetween size="m">
            <DestinationFields
              form={form}
              ending={endingFor(form.kinds, endpoint.ownKind)}
              onChange={kept.change}
              problemOf={(member) => problemOf(`s3Destination.${member}`)}
            />
            <FormField label="Job ID" constraintText="If empty: a new one." errorText={problemOf('id')}>
              <Input
                value={id}
                onChange={({ detail }) => setId(detail.value)}
                autoComplete={false}
                spellcheck={false}
              />
            </FormField>
            {canAsk && (
              <PreflightResult
                forecast={forecast}
                refusal={refusal}
                isOld={isOld}
                estimatedBytes={estimatedBytes(inputs, form, ranges)}
                made={form.kinds.length > 0 ? form.kinds.join(', ') : `${endpoint.ownKind}, as the endpoint serves it`}
                onNearest={takeNearest}
              />
            )}
            {!canAsk && ranges.length > 0 && <Box>Choose a bucket to see what a harvest would have.</Box>}
            {harvest.error && <Alert type="error">{harvest.error.message}</Alert>}
            <Button
              variant="primary"
              disabled={!canAsk}
              loading={harvest.isPending}
              onClick={() => harvest.mutate()}
              formAction="none"
            >
              Harvest
            </Button>
          </SpaceBetween>
          <ExpandableSection headerText="Deliverables and policies" defaultExpanded>
            <Fields
              fields={
                endpoint.isEncrypted ? HARVEST_FIELDS : HARVEST_FIELDS.filter(({ name }) => name !== 'encryption')
              }
              draft={form}
              onChange={(draft: Draft) => kept.change(draft as HarvestForm)}
              refused={harvest.error ? refused : undefined}
            />
          </ExpandableSection>
        </Grid>
      </SpaceBetween>
    </Container>
  )
}

/** The form with the first bucket there is, while none was chosen. */
function useFirstBucket(form: HarvestForm): HarvestForm {
  const [first] = useBuckets().data?.buckets ?? []
  return form.bucketName === '' && first ? { ...form, bucketName: first.name } : form
}

/** Presentations have all renditions, and a file the best; what bit rates say is about right. */
function estimatedBytes(
  inputs: InputsReport | undefined,
  { kinds, renditions }: HarvestForm,
  ranges: readonly Span[],
): number | undefined {
  const rates = bitRatesOf(inputs)
  if (!rates) return undefined
  const seconds = ranges.reduce((sum, range) => sum + lengthOf(range), 0) / 1000
  const presentations = kinds.filter((kind) => ['HLS', 'CMAF', 'DASH', 'MSS'].includes(kind))
  // DASH is beside CMAF over the same segments.
  const isShared = presentations.includes('CMAF') && presentations.includes('DASH')
  const copies = kinds.length === 0 ? 1 : presentations.length - (isShared ? 1 : 0)
  const file = kinds.includes('MP4') ? (renditions === 'ALL' ? rates.all : rates.best) : 0
  const bits = (copies * rates.all + file) * seconds
  return bits === 0 ? undefined : Math.round(bits / 8)
}
