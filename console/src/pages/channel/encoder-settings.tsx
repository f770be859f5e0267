import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import Tabs from '@cloudscape-design/components/tabs'
import Toggle from '@cloudscape-design/components/toggle'
import { useState } from 'react'
import { useSearchParams } from 'wouter'
import type { Channel } from '../../api/resources.ts'
import {
  ffmpegCommand,
  gstreamerCommand,
  mediaLiveSettings,
  obsSettings,
  type Sent,
  type Setting,
  withoutPassword,
} from '../../channels/encoder-settings.ts'
import { CopiedBlock, CopiedText } from '../../copying/copied-text.tsx'

/** Commands and settings for encoders, with the URL and the credentials of an input; open where nothing has come. */
export function EncoderSettings({ channel, isNew }: { readonly channel: Channel; readonly isNew: boolean }) {
  const [search, setSearch] = useSearchParams()
  const [isShown, setIsShown] = useState(false)
  const [isOpen, setIsOpen] = useState(isNew)
  const endpoints = channel.hlsIngest?.ingestEndpoints ?? []
  const input = search.get('input') === '2' ? 2 : 1
  const sent: Sent = {
    source: search.get('source') === 'file' ? 'file' : 'test',
    renditions: search.get('renditions') === '2' ? 2 : 1,
  }
  const { url = '', username = '', password = '' } = endpoints[input - 1] ?? {}
  const ingest = { url, username, password }
  const choose = (name: string, value: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before)
        after.set(name, value)
        return after
      },
      { replace: true },
    )
  if (url === '') return null
  const shown = (text: string) => (isShown ? text : withoutPassword(text, ingest))
  const block = (label: string, text: string) => <CopiedBlock label={label} text={text} shown={shown(text)} />
  return (
    <ExpandableSection
      variant="container"
      headerText="Commands and settings for encoders"
      headerDescription="Ready to be copied, with the URL and the credentials of an input in them."
      expanded={isOpen}
      onChange={({ detail }) => setIsOpen(detail.expanded)}
    >
      <SpaceBetween size="m">
        <SpaceBetween direction="horizontal" size="l">
          <FormField label="Input">
            <SegmentedControl
              label="Input"
              selectedId={String(input)}
              options={endpoints.map((_, n) => ({ id: String(n + 1), text: `Input ${n + 1}` }))}
              onChange={({ detail }) => choose('input', detail.selectedId)}
            />
          </FormField>
          <Toggle checked={isShown} onChange={({ detail }) => setIsShown(detail.checked)}>
            Show passwords
          </Toggle>
        </SpaceBetween>
        <Tabs
          ariaLabel="Encoders"
          activeTabId={search.get('encoder') ?? 'ffmpeg'}
          onChange={({ detail }) => choose('encoder', detail.activeTabId)}
          tabs={[
            {
              id: 'ffmpeg',
              label: 'ffmpeg',
              content: (
                <SpaceBetween size="m">
                  <SentChoice sent={sent} choose={choose} />
                  {block('Copy the ffmpeg command', ffmpegCommand(ingest, sent))}
                </SpaceBetween>
              ),
            },
            {
              id: 'gstreamer',
              label: 'GStreamer',
              content: (
                <SpaceBetween size="m">
                  <Box variant="p">
                    GStreamer encodes, and ffmpeg cuts segments and sends them: none of GStreamer's sinks sends HLS by
                    PUT.
                  </Box>
                  {block('Copy the GStreamer command', gstreamerCommand(ingest))}
                </SpaceBetween>
              ),
            },
            {
              id: 'obs',
              label: 'OBS',
              content: (
                <SettingsTable
                  name="OBS"
                  about="OBS sends by its FFmpeg output, which it counts as a recording: Start Recording begins to send. These are the options of the ffmpeg command; they were not tried with OBS itself."
                  settings={obsSettings(ingest)}
                  shown={shown}
                />
              ),
            },
            {
              id: 'medialive',
              label: 'MediaLive',
              content: (
                <SettingsTable
                  name="MediaLive"
                  about="An HLS output group; its second destination is the other input. They follow AWS's documentation, and were not tried with MediaLive itself, which must be able to reach this server."
                  settings={mediaLiveSettings(ingest)}
                  shown={shown}
                />
              ),
            },
          ]}
        />
      </SpaceBetween>
    </ExpandableSection>
  )
}

function SentChoice({ sent, choose }: { readonly sent: Sent; readonly choose: (name: string, value: string) => void }) {
  return (
    <SpaceBetween direction="horizontal" size="l">
      <FormField label="What is sent">
        <SegmentedControl
          label="What is sent"
          selectedId={sent.source}
          options={[
            { id: 'test', text: 'A test picture' },
            { id: 'file', text: 'A file, in a loop' },
          ]}
          onChange={({ detail }) => choose('source', detail.selectedId)}
        />
      </FormField>
      <FormField label="Renditions">
        <SegmentedControl
          label="Renditions"
          selectedId={String(sent.renditions)}
          options={[
            { id: '1', text: '720 lines' },
            { id: '2', text: '720 and 360 lines' },
          ]}
          onChange={({ detail }) => choose('renditions', detail.selectedId)}
        />
      </FormField>
    </SpaceBetween>
  )
}

function SettingsTable({
  name,
  about,
  settings,
  shown,
}: {
  readonly name: string
  readonly about: string
  readonly settings: readonly Setting[]
  readonly shown: (text: string) => string
}) {
  return (
    <SpaceBetween size="m">
      <Box variant="p">{about}</Box>
      <Table
        variant="embedded"
        wrapLines
        items={settings}
        trackBy="name"
        ariaLabels={{ tableLabel: `Settings of ${name}` }}
        columnDefinitions={[
          { id: 'name', header: 'Setting', cell: (setting) => setting.name, isRowHeader: true, width: '40%' },
          {
            id: 'value',
            header: 'Value',
            cell: (setting) => (
              <CopiedText
                text={setting.value}
                label={`Copy the value of ${setting.name}`}
                shown={shown(setting.value)}
              />
            ),
          },
        ]}
      />
    </SpaceBetween>
  )
}
