import Box from '@cloudscape-design/components/box'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import { bitRateText, countText } from '../../amounts.ts'
import type { Channel, Input, InputStream } from '../../api/resources.ts'
import { clockOffsetMs, measuredBitRate } from '../../channels/channel-state.ts'
import { KeyFrameDistance } from '../../channels/key-frame-distance.tsx'
import { durationText } from '../../time/duration-text.ts'
import { Age, Moment } from '../../time/moment.tsx'

/** What encoders send, as it was met: the tracks, and what was corrected. Both inputs are side by side. */
export function InputDetails({ channel, inputs }: { readonly channel: Channel; readonly inputs: readonly Input[] }) {
  const known = inputs.filter(({ state }) => state !== 'NOTHING_YET')
  return (
    <Container
      header={
        <Header variant="h2" description="As it was measured; what is not told by the media is absent.">
          What comes in
        </Header>
      }
    >
      {known.length === 0 ? (
        <Box color="text-body-secondary">Nothing has come yet.</Box>
      ) : (
        <ColumnLayout columns={known.length} minColumnWidth={420} borders="vertical">
          {known.map((input) => (
            <OneInput
              key={input.ingestEndpointId}
              channelId={channel.id ?? ''}
              input={input}
              name={nameOf(channel, input)}
            />
          ))}
        </ColumnLayout>
      )}
    </Container>
  )
}

function nameOf({ hlsIngest }: Channel, { ingestEndpointId }: Input): string {
  const at = hlsIngest?.ingestEndpoints?.findIndex(({ id }) => id === ingestEndpointId) ?? 0
  return `Input ${at + 1}`
}

function OneInput({
  channelId,
  input,
  name,
}: {
  readonly channelId: string
  readonly input: Input
  readonly name: string
}) {
  const { streams, habits, openEras, lastHeardAt, unnamedPlaylists, hasParentPlaylist } = input
  const rate = measuredBitRate(streams)
  const offset = clockOffsetMs(input)
  const waiting = streams.reduce((sum, { waitingSegments = 0 }) => sum + waitingSegments, 0)
  const era = openEras.at(-1)
  return (
    <SpaceBetween size="m">
      <Header variant="h3">{name}</Header>
      <KeyValuePairs
        columns={2}
        minColumnWidth={160}
        items={[
          { label: 'Last PUT of something new', value: <Age at={lastHeardAt} /> },
          { label: 'Bit rate, all streams', value: rate === undefined ? '–' : bitRateText(rate) },
          { label: "Encoder's clock, with what sending takes", value: offsetText(offset) },
          { label: 'Key frame distance', value: <KeyFrameDistance channelId={channelId} input={input} /> },
          { label: 'Unbroken since', value: <Moment at={era?.openedAt} /> },
          { label: 'Dates', value: era === undefined ? '–' : DATES[era.datesFrom] },
          { label: 'Segments listed, and missing so far', value: countText(waiting) },
          { label: 'Segments', value: streams[0] ? segmentsOf(streams[0]) : '–' },
          { label: 'Parent playlist', value: hasParentPlaylist ? 'Sent' : 'None' },
        ]}
      />
      <Tracks name={name} streams={streams} />
      {unnamedPlaylists.length > 0 && (
        <Box variant="p">No parent playlist names these playlists: {unnamedPlaylists.join(', ')}</Box>
      )}
      <Habits name={name} habits={habits} />
    </SpaceBetween>
  )
}

const DATES = { 'EXT-X-PROGRAM-DATE-TIME': 'The encoder dates its segments', SERVER: "The server's clock" } as const

function offsetText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–'
  return `${durationText(Math.abs(milliseconds))} ${milliseconds > 0 ? 'ahead' : 'behind'}`
}

type Row = {
  readonly key: string
  readonly stream: InputStream
  readonly track: NonNullable<InputStream['tracks']>[number] | undefined
}

function Tracks({ name, streams }: { readonly name: string; readonly streams: readonly InputStream[] }) {
  const rows = streams.flatMap((stream): readonly Row[] => {
    const { tracks = [], index } = stream
    if (tracks.length === 0) return [{ key: `${index}`, stream, track: undefined }]
    return tracks.map((track, n) => ({ key: `${index} ${n}`, stream, track }))
  })
  return (
    <Table
      variant="embedded"
      wrapLines
      items={rows}
      trackBy="key"
      ariaLabels={{ tableLabel: `Tracks of ${name}` }}
      empty="No stream is known yet."
      columnDefinitions={[
        { id: 'playlist', header: 'Playlist', cell: ({ stream }) => stream.playlist, isRowHeader: true, minWidth: 130 },
        {
          id: 'track',
          header: 'Track',
          cell: ({ track, stream }) => `${track?.kind ?? stream.role.kind} ${track?.codec ?? ''}`,
        },
        { id: 'form', header: 'Form', cell: ({ track }) => formOf(track) },
        { id: 'rate', header: 'Measured', cell: ({ track }) => rateOf(track?.bitsPerSecond) },
      ]}
    />
  )
}

function formOf(track: Row['track']): string {
  if (!track) return '–'
  const { width, height, frameRate, sampleRate, channels, language } = track
  const parts = [
    width && height ? `${width}×${height}` : '',
    frameRate ? `${Number(frameRate.toFixed(3))} frames/s` : '',
    sampleRate ? `${sampleRate / 1000} kHz` : '',
    channels ? `${channels} ${channels === 1 ? 'channel' : 'channels'}` : '',
    language ?? '',
  ]
  return parts.filter((part) => part !== '').join(', ') || '–'
}

const rateOf = (rate: number | undefined) => (rate === undefined ? '–' : bitRateText(rate))

const segmentsOf = ({ segmentDuration, targetDuration }: InputStream) =>
  segmentDuration === undefined
    ? '–'
    : `${Number(segmentDuration.toFixed(3))} s${targetDuration === undefined ? '' : `, at most ${targetDuration} s`}`

/** What was corrected or left out, by kind, with what the encoder's owner can do. */
function Habits({ name, habits }: { readonly name: string; readonly habits: Input['habits'] }) {
  if (habits.length === 0) return <Box color="text-status-success">Nothing had to be corrected or left out.</Box>
  return (
    <ExpandableSection headerText={`Corrected or left out (${habits.length})`}>
      <Table
        variant="embedded"
        wrapLines
        items={habits.toSorted((a, b) => (a.last < b.last ? 1 : -1))}
        trackBy="habit"
        ariaLabels={{ tableLabel: `What was corrected or left out of ${name}` }}
        columnDefinitions={[
          {
            id: 'habit',
            header: 'What',
            isRowHeader: true,
            minWidth: 220,
            cell: ({ habit, sentence, remedy, example }) => (
              <>
                <Box variant="strong">{habit}</Box>
                <Box variant="p">{sentence}</Box>
                <Box variant="p">{remedy}</Box>
                {example !== '' && <Box variant="code">{example}</Box>}
              </>
            ),
          },
          { id: 'count', header: 'Times', cell: ({ count }) => countText(count) },
          { id: 'last', header: 'Last', cell: ({ last }) => <Moment at={last} /> },
        ]}
      />
    </ExpandableSection>
  )
}
