import FormField from '@cloudscape-design/components/form-field'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useEffect, useState } from 'react'
import { bitRateText, countText } from '../amounts.ts'
import type { Choice, Engine, Playback } from './engine.ts'

const LOOK_MS = 1000
const BY_ITSELF: Choice = { id: 'by-itself', label: 'As the player chooses' }
const NO_TEXT: Choice = { id: 'none', label: 'None' }

/** What is played, and how: quality, latency, buffer, dropped frames; and what there is to choose. */
export function PlaybackDetails({
  engine,
  video,
  name,
}: {
  readonly engine: Engine
  readonly video: HTMLVideoElement
  readonly name: string
}) {
  const [playback, setPlayback] = useState<Playback>(engine.look)
  const look = () => setPlayback(engine.look())
  // biome-ignore lint/correctness/useExhaustiveDependencies: a look is the same whenever it is taken
  useEffect(() => {
    look()
    const timer = window.setInterval(look, LOOK_MS)
    return () => window.clearInterval(timer)
  }, [engine])
  const { qualities, isAdaptive, audio, text, latencySeconds, bandwidthBitsPerSecond } = playback
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
  return (
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={4}
        minColumnWidth={140}
        items={[
          { label: 'Player', value: name },
          { label: 'Picture', value: video.videoWidth > 0 ? `${video.videoWidth}×${video.videoHeight}` : '–' },
          { label: 'Behind the live edge', value: secondsText(latencySeconds) },
          { label: 'Buffer', value: secondsText(bufferedAhead(video)) },
          { label: 'Dropped frames', value: `${countText(droppedVideoFrames)} of ${countText(totalVideoFrames)}` },
          {
            label: 'Network, as measured',
            value: bandwidthBitsPerSecond === undefined ? '–' : bitRateText(bandwidthBitsPerSecond),
          },
        ]}
      />
      <SpaceBetween direction="horizontal" size="m">
        <Chooser
          label="Quality"
          choices={[BY_ITSELF, ...qualities.all]}
          chosen={isAdaptive ? BY_ITSELF.id : qualities.shown}
          onChosen={(id) => {
            engine.chooseQuality(id === BY_ITSELF.id ? undefined : id)
            look()
          }}
        />
        {audio.all.length > 1 && (
          <Chooser
            label="Sound"
            choices={audio.all}
            chosen={audio.shown}
            onChosen={(id) => {
              engine.chooseAudio(id)
              look()
            }}
          />
        )}
        {text.all.length > 0 && (
          <Chooser
            label="Subtitles and captions"
            choices={[NO_TEXT, ...text.all]}
            chosen={text.shown ?? NO_TEXT.id}
            onChosen={(id) => {
              engine.chooseText(id === NO_TEXT.id ? undefined : id)
              look()
            }}
          />
        )}
      </SpaceBetween>
    </SpaceBetween>
  )
}

function Chooser({
  label,
  choices,
  chosen,
  onChosen,
}: {
  readonly label: string
  readonly choices: readonly Choice[]
  readonly chosen: string | undefined
  readonly onChosen: (id: string) => void
}) {
  const options = choices.map((choice) => ({ value: choice.id, label: choice.label }))
  return (
    <FormField label={label}>
      <Select
        selectedOption={options.find(({ value }) => value === chosen) ?? null}
        options={options}
        onChange={({ detail }) => onChosen(detail.selectedOption.value ?? '')}
      />
    </FormField>
  )
}

const secondsText = (seconds: number | undefined) => (seconds === undefined ? '–' : `${seconds.toFixed(1)} s`)

/** Seconds that can be played without anything more coming. */
function bufferedAhead({ buffered, currentTime }: HTMLVideoElement): number {
  for (let n = 0; n < buffered.length; n++) {
    if (buffered.start(n) <= currentTime && currentTime <= buffered.end(n)) return buffered.end(n) - currentTime
  }
  return 0
}
