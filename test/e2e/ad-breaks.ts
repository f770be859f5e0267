/** Players on a live channel with an ad break every so often, and what they tell of these. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateOriginEndpointCommand,
  type DashPackage,
  type HlsManifestCreateOrUpdateParameters,
  type MediaPackageClient,
} from '@aws-sdk/client-mediapackage'
import { firstPicture } from '../fixtures/transport-stream.ts'
import { createHlsEndpoint, createRedundantChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import type { Watched } from '../judges/playback.ts'
import { Player } from '../judges/player.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { DASH_OUTPUTS, HLS_OUTPUTS, Manifests, moved, type Shown } from './break-manifests.ts'
import { BREAK_EVERY, FIRST_BREAK, messagesOf, toldEvents, withMessages } from './break-script.ts'
import { inWords, type Viewing, watchAll } from './encoders-in-turn.ts'
import { type Break, breaksOf, differences, lateEnds, rangesOf, regionsOf } from './told-breaks.ts'

const WRAP = 2 ** 33
const TICKS = 90_000
const HLS = 'com.apple.quicktime.HLS'
const DASH = 'urn:scte:scte35:2013:xml'
/**
 * Seconds of the programme before the players come, in which a break begins. Of a playlist that is shorter at first,
 * shaka-player keeps less, and on a machine that is late then nothing.
 */
const BEFORE = 40
/** Until the players have played what they had in hand. */
const AFTER_MS = 4000
const NEAR = { SuggestedPresentationDelaySeconds: 8, MinUpdatePeriodSeconds: 2, MinBufferTimeSeconds: 4 }

const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'hls', segmentSeconds: 2 },
  { engine: 'shaka', output: 'cmaf', segmentSeconds: 2 },
  { engine: 'shaka', output: 'number', segmentSeconds: 2 },
  { engine: 'dash.js', output: 'time', segmentSeconds: 2 },
]

type WatchedBreaks = {
  readonly breaks: readonly Break[]
  readonly switches: number
  readonly watched: readonly (Viewing & Watched)[]
  readonly faults: readonly string[]
}

/**
 * Players watch for so many seconds of a programme, which comes by two inputs: each is lost in the middle of a break,
 * and is back in the next one. Faults are all that a player or a parser has found otherwise than tshark, and where
 * playback stood still.
 */
export async function watchAdBreaks(watchedSeconds: number, log: (line: string) => void): Promise<WatchedBreaks> {
  const seconds = BEFORE + watchedSeconds
  const [loop, windrow, player] = await Promise.all([encodeLoop(), Windrow.start(), Player.start()])
  const inputs = await createRedundantChannel(mediaPackage(windrow), 'breaks')
  const urls = await createEndpoints(mediaPackage(windrow))
  const loss = FIRST_BREAK + BREAK_EVERY * Math.floor(seconds / 2 / BREAK_EVERY) + 3
  const absences = [0, 3].map((later) => [loss + later * BREAK_EVERY, loss + (later + 1) * BREAK_EVERY] as const)
  // The clock wraps in the break in which the first input is lost.
  const zero = WRAP - (loss + 1) * TICKS
  const shift = (zero - firstPicture(loop[0]!.segment(0)) + WRAP) % WRAP
  const messages = messagesOf({ seconds, zero })
  const sent = new Map<number, Buffer>()
  const firstDate = Math.floor(Date.now() / 1000) * 1000 - 1000
  const began = performance.now() - 1000
  const pushers = inputs.map((ingest) => {
    const carrying = loop.map((rendition, i) =>
      withMessages(rendition, i === 0 ? messages : [], shift, (number, segment) => sent.set(number, segment)),
    )
    return new PacedPusher(ingest, carrying, firstDate, began)
  }) as [PacedPusher, PacedPusher]
  try {
    const pushing = pushers.map((pusher, input) => pusher.push(seconds, absences[input]!))
    for (const each of pushing) each.catch(() => {})
    await eventually(`${BEFORE} s of media`, () => pushers[1].published >= BEFORE || undefined)
    const over = Promise.all(pushing).then(() => sleep(AFTER_MS))
    over.catch(() => {})
    const { watching, begun } = watchAll(player, VIEWINGS, urls, over)
    await Promise.race([begun, over])
    log('every picture moves')
    const manifests = new Manifests(urls)
    let isOver = false
    const ended = over.finally(() => {
      isOver = true
    })
    ended.catch(() => {})
    while (!isOver) {
      await manifests.look()
      await Promise.race([ended, sleep(1000)])
    }
    const watched = await watching
    for (const line of inWords(watched)) log(line)
    const events = await toldEvents(new Map([...sent].sort(([a], [b]) => a - b)), zero)
    const breaks = breaksOf(events)
    const since = (output: string) => (firstDate - manifests.epochOf(output)) / 1000
    const { endsListedAt } = manifests
    const shown = { ranges: rangesOf(events), regions: regionsOf(breaks), breaks, endsListedAt, since }
    const faults = watched.flatMap((each) => [...playbackFaults(each), ...toldFaults(each, shown)])
    const switches = windrow.log.split('switched to the other input').length - 1
    return { breaks, switches, watched, faults: [...faults, ...manifests.faultsIn(shown)] }
  } finally {
    for (const pusher of pushers) pusher.close()
    await player.stop()
    await windrow.stop()
  }
}

async function createEndpoints(client: MediaPackageClient): Promise<Map<string, string>> {
  const hls = await createHlsEndpoint(client, 'breaks', 'hls', { AdMarkers: 'DATERANGE', AdTriggers: TRIGGERS })
  const urls = new Map([['hls', hls]])
  const endpoint = { ChannelId: 'breaks', StartoverWindowSeconds: 86_400 }
  const manifest = {
    Id: 'm',
    AdMarkers: 'DATERANGE',
    AdTriggers: TRIGGERS,
    ProgramDateTimeIntervalSeconds: 1,
  } satisfies HlsManifestCreateOrUpdateParameters
  const { CmafPackage } = await client.send(
    new CreateOriginEndpointCommand({
      ...endpoint,
      Id: 'cmaf',
      CmafPackage: { SegmentDurationSeconds: 2, HlsManifests: [manifest] },
    }),
  )
  urls.set('cmaf', CmafPackage!.HlsManifests![0]!.Url!)
  const ads = { PeriodTriggers: ['ADS'], AdTriggers: TRIGGERS, AdsOnDeliveryRestrictions: 'BOTH' } satisfies DashPackage
  for (const [Id, SegmentTemplateFormat] of Object.entries(DASH_OUTPUTS)) {
    const settings: DashPackage = { SegmentDurationSeconds: 2, ...NEAR, ...ads, SegmentTemplateFormat }
    const { Url } = await client.send(new CreateOriginEndpointCommand({ ...endpoint, Id, DashPackage: settings }))
    urls.set(Id, Url!)
  }
  return urls
}

const TRIGGERS: NonNullable<DashPackage['AdTriggers']> = [
  'SPLICE_INSERT',
  'BREAK',
  'PROVIDER_ADVERTISEMENT',
  'PROVIDER_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
]

/** Pushes a segment a second. */
class PacedPusher extends Pusher {
  private readonly began: number

  constructor(ingest: Ingest, renditions: readonly LoopRendition[], firstDate: number, began: number) {
    super(ingest, renditions, firstDate)
    this.began = began
  }

  /** All segments but those from one number up to another, which it skips as an encoder does that is not there. */
  async push(count: number, [lost, back]: readonly [number, number]): Promise<void> {
    await this.pushParent()
    while (this.published < count) {
      if (this.published === lost) this.published = back
      await sleep(Math.max(this.began + 1000 * (this.published + 1) - performance.now(), 0))
      if (this.published < count) await this.pushNext()
    }
  }
}

/** How a player fared: nothing stands still but for the machine. */
function playbackFaults({
  engine,
  output,
  seconds,
  mediaSeconds,
  lateSeconds,
  stalls,
  errors,
  jumps,
}: Viewing & Watched) {
  const faults = errors.filter((error) => !error.includes('bufferStalledError'))
  for (const { from, to } of jumps) faults.push(`jumps from ${from} s to ${to} s`)
  for (const stall of stalls) {
    if (stall.seconds - stall.lateSeconds <= 0.25) continue
    faults.push(`stands still at ${stall.at} s for ${stall.seconds} s, the machine late by ${stall.lateSeconds} s`)
  }
  if (mediaSeconds < 0.95 * seconds - lateSeconds) {
    faults.push(`plays ${mediaSeconds} s in ${seconds} s, the machine late by ${lateSeconds} s`)
  }
  return faults.map((fault) => `${engine} with ${output}: ${fault}`)
}

/** What a player tells otherwise than tshark, or late: of date ranges, and of the events of an MPD. */
function toldFaults({ engine, output, events }: Viewing & Watched, { ranges, regions, since, endsListedAt }: Shown) {
  const isHls = HLS_OUTPUTS.includes(output)
  const own = events.filter(({ scheme }) => scheme === (isHls ? HLS : DASH))
  const who = `${engine} with ${output}`
  const told = moved(own, since(output))
  if (!isHls) return differences(who, told, regions)
  const dated = told.map((each, i) => ({ ...each, at: own[i]!.at }))
  return [...differences(who, told, ranges), ...lateEnds(who, dated, ranges, endsListedAt)]
}
