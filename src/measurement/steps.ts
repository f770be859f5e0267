import type { ChannelStep, StepObserver } from '../archive/channel-step.ts'
import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import type { UtcMs } from '../media/time.ts'
import type { Metrics } from '../metrics.ts'
import type { Channel } from '../model/channel.ts'
import { inOrder } from '../model/output-segment.ts'
import { inputLabel } from './input-label.ts'
import type { LiveEdges } from './live-edges.ts'
import type { NamedResources } from './named-resources.ts'

/** Source objects that wait to be played, of all channels. */
const MOST_WAITING = 50_000

export type MeasuredStepsDeps = {
  readonly metrics: Metrics
  readonly named: NamedResources
  readonly edges: LiveEdges
  readonly steady: Clock
}

/** What a step tells, as it is known when it is taken. */
type Figures = {
  readonly ingestEndpointId: string | undefined
  readonly eras: number
  readonly gaps: readonly string[]
  readonly adEvents: readonly string[]
  readonly spliceErrors: readonly (readonly [string, number])[]
  readonly switches: number
  /** How long source objects have waited to be played, in milliseconds. */
  readonly waits: readonly number[]
}

/** Measures what channels make of what encoders send. */
export function measuredSteps({ metrics, named, edges, steady }: MeasuredStepsDeps): StepObserver {
  const receivedAt = new LruCache<UtcMs>(MOST_WAITING)

  /** How long each source object has waited that can be played from now on. */
  function waitsOf({ outputs }: ChannelStep): number[] {
    const now = steady()
    const shown = outputs.flatMap(({ open, step }) => (open.state.isFilling ? [] : step.segments))
    const objects = shown.flatMap(({ segment }) =>
      segment.slots.flatMap((slot) => Object.values(slot.objects).flatMap((object) => inOrder(object))),
    )
    return objects.flatMap(({ key }) => {
      const received = receivedAt.get(key)
      if (received === undefined) return []
      // Another output timeline may show it too.
      receivedAt.delete(key)
      return [now - received]
    })
  }

  function figuresOf(step: ChannelStep): Figures {
    const { input: stepped, outputs } = step
    const { object, result, input } = stepped ?? {}
    const probe = object?.probe
    return {
      ingestEndpointId: input?.ref.ingestEndpointId,
      eras: result && input ? result.state.nextEra - input.state.nextEra : 0,
      gaps: result?.gaps.map(({ kind }) => kind) ?? [],
      adEvents: result?.slots.flatMap(({ ads }) => ads?.begins?.map(({ kind }) => kind) ?? []) ?? [],
      spliceErrors: probe && 'badMessages' in probe ? Object.entries(probe.badMessages ?? {}) : [],
      switches: outputs.filter(({ step: { switched } }) => switched).length,
      waits: waitsOf(step),
    }
  }

  function count(channel: Channel, figures: Figures): void {
    const { ingestEndpointId, eras, gaps, adEvents, spliceErrors, switches, waits } = figures
    const labels = { channel: channel.id }
    if (ingestEndpointId !== undefined) {
      const ofInput = { ...labels, ingest_endpoint: inputLabel(channel, ingestEndpointId) }
      if (eras > 0) metrics.counter('windrow_eras_total', ofInput).add(eras)
      for (const kind of gaps) metrics.counter('windrow_gaps_total', { ...ofInput, kind }).add()
    }
    for (const kind of adEvents) metrics.counter('windrow_ad_events_total', { ...labels, kind }).add()
    for (const [reason, errors] of spliceErrors) {
      metrics.counter('windrow_splice_errors_total', { ...labels, reason }).add(errors)
    }
    if (switches > 0) metrics.counter('windrow_input_switches_total', labels).add(switches)
    for (const wait of waits) metrics.histogram('windrow_publish_seconds', labels).observe(wait / 1000)
  }

  return (channelGuid, step) => {
    const object = step.input?.object
    if (object) receivedAt.put(object.key, object.receivedAt, 1)
    edges.stepped(channelGuid, step)
    const figures = figuresOf(step)
    const known = named.channel(channelGuid)
    if (known) count(known, figures)
    else void named.findChannel(channelGuid).then((channel) => channel && count(channel, figures))
  }
}
