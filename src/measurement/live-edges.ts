import type { ChannelStep } from '../archive/channel-step.ts'
import { lengthsOf } from '../archive/open-output-timeline.ts'
import type { Clock } from '../clock.ts'
import { TICKS_PER_SECOND, type UtcMs } from '../media/time.ts'
import type { Metrics } from '../metrics.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { endUtcOf } from '../model/output-segment.ts'
import { readOutputTimeline } from '../model/output-timeline/state.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { inputLabel } from './input-label.ts'
import type { NamedResources } from './named-resources.ts'

/** How long an encoder may send nothing and counts as connected all the same. */
const CONNECTED_MS = 30_000
/** Time after which an output timeline is looked for again, of an endpoint that had none. */
const LOOK_MS = 30_000

export type LiveEdgesDeps = {
  readonly metrics: Metrics
  readonly named: NamedResources
  readonly index: Pick<SegmentIndex, 'lastOutputSegments' | 'outputTimelineOf' | 'outputTimelinesOf'>
  readonly steady: Clock
  readonly date: Clock
  /** Told of a failure to read what is not known. */
  readonly failed: (error: unknown) => void
}

/** What is known of an output timeline, from the steps that this process has taken, or from the index as it started. */
type Edge = {
  readonly channelGuid: string
  readonly until: UtcMs
  /** How long its newest segment is, in whole seconds. */
  readonly seconds: number
  readonly input: string
  readonly hasEnded: boolean
}

type Input = { storedAt?: UtcMs; heardAt?: UtcMs }

/**
 * Where the live edges are, and which inputs are there. What this process does not change itself is known as it was
 * when the process started.
 */
export class LiveEdges {
  private readonly deps: LiveEdgesDeps
  /** By id of the output timeline. */
  private readonly edges = new Map<number, Edge>()
  /** GUIDs of channels whose output timelines have been read. */
  private readonly known = new Set<string>()
  /** By GUID: the revision of the endpoint, its output timeline, if it has any, and when that was looked for. */
  private readonly shown = new Map<string, { revision: number; timeline: number | undefined; at: number }>()
  /** GUIDs of channels that have an output timeline since endpoints were looked at. */
  private readonly opened = new Set<string>()
  private readonly inputs = new Map<string, Input>()
  private learning = false

  constructor(deps: LiveEdgesDeps) {
    this.deps = deps
  }

  /** Takes note of a step that was committed. */
  stepped(channelGuid: string, { input, outputs }: ChannelStep): void {
    const object = input?.object
    if (object) this.input(channelGuid, input.input.ref.ingestEndpointId).storedAt = object.receivedAt
    for (const { open, step } of outputs) {
      const { id } = open.outputTimeline
      const newest = step.segments.at(-1)
      const place = newest ? placeOf(newest.segment) : this.edges.get(id)
      if (place === undefined) continue
      const { until, seconds } = place
      if (!this.edges.has(id)) this.opened.add(channelGuid)
      this.edges.set(id, {
        channelGuid,
        until,
        seconds,
        input: step.state.input,
        hasEnded: step.state.hasEnded ?? false,
      })
    }
  }

  /** Takes note of a request of an encoder that was accepted. */
  heard({ guid }: Channel, ingestEndpointId: string): void {
    this.input(guid, ingestEndpointId).heardAt = this.deps.steady()
  }

  /** Sets the gauges, and begins to read what is not known. */
  scrape(): void {
    for (const channel of this.deps.named.channels) this.setInputs(channel)
    for (const endpoint of this.deps.named.endpoints) this.setEdge(endpoint)
    if (this.learning) return
    this.learning = true
    void this.learn()
      .catch(this.deps.failed)
      .finally(() => {
        this.learning = false
      })
  }

  private input(channelGuid: string, ingestEndpointId: string): Input {
    const name = `${channelGuid}/${ingestEndpointId}`
    const input = this.inputs.get(name) ?? {}
    this.inputs.set(name, input)
    return input
  }

  private isConnected(channelGuid: string, ingestEndpointId: string): boolean {
    const heardAt = this.inputs.get(`${channelGuid}/${ingestEndpointId}`)?.heardAt
    return heardAt !== undefined && this.deps.steady() - heardAt < CONNECTED_MS
  }

  private setInputs(channel: Channel): void {
    const { metrics, date, steady } = this.deps
    for (const { id } of channel.ingestEndpoints) {
      const labels = { channel: channel.id, ingest_endpoint: inputLabel(channel, id) }
      metrics.gauge('windrow_input_connected', labels).set(this.isConnected(channel.guid, id) ? 1 : 0)
      const storedAt = this.inputs.get(`${channel.guid}/${id}`)?.storedAt
      if (storedAt === undefined) continue
      metrics.gauge('windrow_input_last_segment_seconds', labels).set((date() - (steady() - storedAt)) / 1000)
    }
  }

  private setEdge(endpoint: OriginEndpoint): void {
    const { metrics, named, date } = this.deps
    const { id, channelId, channelGuid, guid } = endpoint
    const labels = { channel: channelId, origin_endpoint: id }
    const timeline = this.shown.get(guid)?.timeline
    const edge = timeline === undefined ? undefined : this.edges.get(timeline)
    const { segmentDurationSeconds } = lengthsOf(endpoint)
    // Output segments are whole ones of the source, which may be longer.
    const longest = Math.max(segmentDurationSeconds, edge?.seconds ?? 0)
    metrics.gauge('windrow_segment_duration_seconds', labels).set(longest)
    const age = edge && !edge.hasEnded ? (date() - edge.until) / 1000 : undefined
    metrics.gauge('windrow_live_edge_age_seconds', labels).set(age)
    const channel = named.channel(channelGuid)
    for (const { id: input } of channel?.ingestEndpoints ?? []) {
      const isActive = edge?.input === input && this.isConnected(channelGuid, input)
      const ofInput = { ...labels, ingest_endpoint: inputLabel(channel!, input) }
      metrics.gauge('windrow_active_input', ofInput).set(isActive ? 1 : 0)
    }
  }

  private async learn(): Promise<void> {
    const channels = new Set([...this.deps.named.channels].map(({ guid }) => guid))
    for (const guid of channels) if (!this.known.has(guid)) await this.learnChannel(guid)
    for (const guid of this.known) if (!channels.has(guid)) this.known.delete(guid)
    for (const [id, { channelGuid }] of this.edges) if (!channels.has(channelGuid)) this.edges.delete(id)
    for (const name of this.inputs.keys()) if (!channels.has(name.split('/', 1)[0]!)) this.inputs.delete(name)
    const endpoints = new Map([...this.deps.named.endpoints].map((endpoint) => [endpoint.guid, endpoint]))
    const opened = new Set(this.opened)
    this.opened.clear()
    for (const endpoint of endpoints.values()) await this.learnEndpoint(endpoint, opened.has(endpoint.channelGuid))
    for (const guid of this.shown.keys()) if (!endpoints.has(guid)) this.shown.delete(guid)
  }

  private async learnChannel(channelGuid: string): Promise<void> {
    const { index } = this.deps
    for (const { id, version, state } of await index.outputTimelinesOf(channelGuid)) {
      const [newest] = await index.lastOutputSegments(id, 1)
      // A step that this process has taken meanwhile is newer.
      if (version === 0 || state === undefined || !newest || this.edges.has(id)) continue
      const { input, hasEnded = false } = readOutputTimeline(state)
      this.edges.set(id, { channelGuid, ...placeOf(newest), input, hasEnded })
    }
    this.known.add(channelGuid)
  }

  private async learnEndpoint(endpoint: OriginEndpoint, mayHaveOne: boolean): Promise<void> {
    const { guid, revision } = endpoint
    const now = this.deps.steady()
    const before = this.shown.get(guid)
    const isLate = before !== undefined && now - before.at >= LOOK_MS
    if (before?.revision === revision && (before.timeline !== undefined || !(mayHaveOne || isLate))) return
    const { segmentDurationSeconds, isCut } = lengthsOf(endpoint)
    const timeline = (await this.deps.index.outputTimelineOf({ guid, revision }, segmentDurationSeconds, isCut))?.id
    this.shown.set(guid, { revision, timeline, at: now })
  }
}

function placeOf(segment: Parameters<typeof endUtcOf>[0]): Pick<Edge, 'until' | 'seconds'> {
  return { until: endUtcOf(segment), seconds: Math.round(segment.duration / TICKS_PER_SECOND) }
}
