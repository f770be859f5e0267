/** Every way a channel is served. */
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createHlsEndpoint } from '../judges/aws.ts'
import type { Wrapping } from '../judges/samples.ts'
import { viewDash } from './view-dash.ts'
import { viewHls } from './view-hls.ts'
import { viewMss } from './view-mss.ts'
import type { Viewed } from './viewed.ts'

export type Output = {
  readonly name: string
  readonly wrapping: Wrapping
  /** Source segments in one output segment. */
  readonly sources: number
  /** Its times are on a clock of its own, which goes on over all timelines of the source. */
  readonly ownClock: boolean
  /** Its manifest says when each segment of each track begins and ends. */
  readonly timesSegments: boolean
  /** Makes the endpoint; gives the URL of its manifest. */
  create(client: MediaPackageClient, channel: string): Promise<string>
  view(url: string): Promise<Viewed>
}

type Settings = Omit<ConstructorParameters<typeof CreateOriginEndpointCommand>[0], 'ChannelId' | 'Id'>

async function createEndpoint(client: MediaPackageClient, channel: string, name: string, settings: Settings) {
  const command = new CreateOriginEndpointCommand({
    ChannelId: channel,
    Id: `${channel}-${name}`,
    StartoverWindowSeconds: 86_400,
    ...settings,
  })
  const { Url, CmafPackage } = await client.send(command)
  const url = Url || CmafPackage?.HlsManifests?.[0]?.Url
  if (!url) throw new Error(`endpoint ${name} of ${channel} has no URL`)
  return url
}

function hls(name: string, sources: number, splitsAudio: boolean): Output {
  const settings = {
    SegmentDurationSeconds: sources * 2,
    UseAudioRenditionGroup: splitsAudio,
    IncludeDvbSubtitles: true,
  }
  return {
    name,
    wrapping: 'mpegts',
    sources,
    ownClock: false,
    timesSegments: false,
    create: (client, channel) => createHlsEndpoint(client, channel, `${channel}-${name}`, settings),
    view: viewHls,
  }
}

function dash(name: string, sources: number, format: 'NUMBER_WITH_TIMELINE' | 'TIME_WITH_TIMELINE'): Output {
  const DashPackage = { SegmentDurationSeconds: sources * 2, SegmentTemplateFormat: format }
  return {
    name,
    wrapping: 'mp4',
    sources,
    ownClock: false,
    timesSegments: true,
    create: (client, channel) => createEndpoint(client, channel, name, { DashPackage }),
    view: viewDash,
  }
}

export const OUTPUTS: readonly Output[] = [
  hls('hls', 1, false),
  hls('hls-groups', 2, true),
  {
    name: 'cmaf',
    wrapping: 'mp4',
    sources: 1,
    ownClock: false,
    timesSegments: false,
    create: (client, channel) => {
      const CmafPackage = { SegmentDurationSeconds: 2, HlsManifests: [{ Id: 'viewer' }] }
      return createEndpoint(client, channel, 'cmaf', { CmafPackage })
    },
    view: viewHls,
  },
  dash('dash-number', 2, 'NUMBER_WITH_TIMELINE'),
  dash('dash-time', 1, 'TIME_WITH_TIMELINE'),
  {
    name: 'mss',
    wrapping: 'mp4',
    sources: 1,
    ownClock: true,
    timesSegments: true,
    create: (client, channel) => {
      return createEndpoint(client, channel, 'mss', { MssPackage: { SegmentDurationSeconds: 2 } })
    },
    view: viewMss,
  },
]
