import Box from '@cloudscape-design/components/box'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useRef } from 'react'
import { bitRateText } from '../../amounts.ts'
import { type Channel, type ChannelStatus, type Input, useInputs } from '../../api/resources.ts'
import { channelState, measuredBitRate, renditionSizes, shownInput } from '../../channels/channel-state.ts'
import { KeyFrame } from '../../channels/key-frame.tsx'
import { LastGap } from '../../channels/last-gap.tsx'
import { useIsSeen } from '../../channels/seen.ts'
import { StateIndicator } from '../../channels/state-indicator.tsx'
import { PageLink } from '../../layout/page-link.tsx'
import { timelinePath } from '../../resources/resource-paths.ts'

/** A channel on the first page. */
export type CardItem = { readonly channel: Channel; readonly status: ChannelStatus | undefined }

export function ChannelCard({ channel, status }: CardItem) {
  const { id = '', description } = channel
  const place = useRef<HTMLDivElement>(null)
  const isSeen = useIsSeen(place)
  const { data: inputs } = useInputs(id, isSeen)
  const known = inputs ?? status?.inputs ?? []
  const shown = inputs && shownInput(inputs)
  return (
    <div ref={place}>
      <SpaceBetween size="s">
        {description !== undefined && <Box color="text-body-secondary">{description}</Box>}
        <KeyFrame channelId={id} isThere={known.some(({ state }) => state !== 'NOTHING_YET')} />
        <StateIndicator {...channelState(known)} />
        <KeyValuePairs
          columns={2}
          items={[
            { label: 'Bit rate', value: bitRateOf(shown) },
            { label: 'Renditions', value: (shown && renditionSizes(shown).join(', ')) || '–' },
            { label: 'Input in use', value: inputName(channel, shown) },
            { label: 'Last gap', value: <LastGap channelId={id} isWatched={isSeen} /> },
          ]}
        />
        <PageLink to={timelinePath(id)}>Timeline</PageLink>
      </SpaceBetween>
    </div>
  )
}

function bitRateOf(input: Input | undefined): string {
  const rate = input && measuredBitRate(input.streams)
  return rate === undefined ? '–' : bitRateText(rate)
}

/** The number of the ingest endpoint that viewers see. */
function inputName({ hlsIngest }: Channel, input: Input | undefined): string {
  const at = hlsIngest?.ingestEndpoints?.findIndex(({ id }) => id === input?.ingestEndpointId) ?? -1
  if (!input || at < 0) return '–'
  return `Input ${at + 1}${input.isFollowed ? '' : ', which no endpoint shows'}`
}
