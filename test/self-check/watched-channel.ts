/** A channel of encoders, at which the self-check looks all the time. */
import { Turns } from '../../src/concurrency/turns.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { look } from '../../src/self-check/look.ts'
import { EndpointMemory } from '../../src/self-check/memory.ts'
import { liveThrough, type Put } from '../encoders/encoder-life.ts'
import type { EncoderScript } from '../encoders/encoder-script.ts'
import { MemoryObjects } from '../encoders/memory-objects.ts'
import { sourceUnits } from '../encoders/source-units.ts'
import { Studio } from '../encoders/studio.ts'
import { sampleEncryption } from '../keys/sample-encryption.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'

/** Content is kept for half a minute, a minute after windows have shown it. */
const RETENTION = { liveMs: 30_000, marginMs: 60_000, graceMs: 0 }
const LOOK_MS = 5000

/** What was found, each in a line, the looks at the endpoint that had fewest, and the segments that were fetched. */
type Found = { readonly findings: readonly string[]; readonly looks: number; readonly segments: number }

/** Looks at all endpoints of a channel every few seconds, while encoders put what they put. */
export async function watchChannel(
  script: EncoderScript,
  other?: EncoderScript,
  isLost: (put: Put) => boolean = () => false,
): Promise<Found> {
  const source = await sourceUnits()
  const studio = await Studio.open(new MemoryObjects(), RETENTION)
  try {
    const began = studio.now
    const seconds = script.segmentSeconds
    const settings = { durationSeconds: seconds, windowSeconds: 30 }
    const channel = await studio.createChannel([
      hlsEndpoint({ ...settings, programDateTimeIntervalSeconds: 10 }),
      cmafEndpoint({ ...settings, programDateTimeIntervalSeconds: 1, includeIframeOnlyStream: true }),
      dashEndpoint(settings),
      dashEndpoint({ ...settings, segmentTemplateFormat: 'NUMBER_WITH_DURATION' }),
      dashEndpoint({ ...settings, segmentTemplateFormat: 'TIME_WITH_TIMELINE', manifestLayout: 'COMPACT' }),
      mssEndpoint(settings),
      hlsEndpoint({ ...settings, encryption: sampleEncryption('SAMPLE_AES') }),
      dashEndpoint({ ...settings, encryption: sampleEncryption('CENC') }),
    ])
    const puts = [
      ...liveThrough(script, source, began).puts.map((put) => ({ ...put, path: channel.folder + put.path })),
      ...(other ? liveThrough(other, source, began).puts : []).map((put) => ({
        ...put,
        path: channel.other + put.path,
      })),
    ].toSorted((a, b) => a.atMs - b.atMs)
    const memories = new Map(channel.endpoints.map((endpoint) => [endpoint, new EndpointMemory()]))
    const viewer = studio.viewer()
    const findings: string[] = []
    const clock = () => studio.now
    let segments = 0
    const counted = {
      async see(endpoint: OriginEndpoint, path: string) {
        const sight = await viewer.see(endpoint, path)
        if (sight.kind === 'media') segments++
        return sight
      },
    }
    const lookAtAll = async () => {
      for (const [endpoint, memory] of memories) {
        const since = studio.now - began < 5000 ? undefined : began
        const deps = { viewer: counted, turns: new Turns(), date: clock, steady: clock, sendingSince: () => since }
        const looked = await look(endpoint, memory, deps)
        if (typeof looked === 'string') continue
        const { container, manifests } = endpoint.packaging
        for (const finding of looked) {
          const { invariant, path, seen, expected, sequence } = finding
          const about = `${(studio.now - began) / 1000} s: ${container} ${manifests.map(({ type }) => type).join()}`
          findings.push(`${about}: ${invariant}: ${path} ${sequence}: ${seen}; expected ${expected}`)
        }
      }
    }
    let dueAt = began + LOOK_MS
    for (const put of puts) {
      const at = began + Math.max(put.atMs, 0)
      while (dueAt <= at) {
        await studio.passUntil(dueAt)
        await studio.retain()
        await lookAtAll()
        dueAt += LOOK_MS
      }
      await studio.passUntil(at)
      if (!isLost(put)) await studio.put(put.path, put.body)
    }
    const looks = Math.min(...[...memories.values()].map((memory) => memory.looks))
    return { findings, looks, segments }
  } finally {
    await studio.close()
  }
}

/**
 * What encoders do: they cut streams where they like, pause without a word while their timestamps go on, and tell
 * durations from which nobody can say at which date they began anew.
 */
const BY_ENCODERS = {
  always: [': tracks-begin-together: '],
  ofSilentPauses: [': dates-continuous: ', ': timeline-contiguous: '],
  ofInexactDurations: [': dates-continuous: '],
}

/** What is found of a random encoder's life that is not of its own making. */
export async function findingsOfLife(script: EncoderScript): Promise<readonly string[]> {
  const pausesSilently = script.parts.slice(1).some(({ restart }) => {
    return restart.timestamps === 'by the clock' && !restart.isMarked
  })
  const own = [
    ...BY_ENCODERS.always,
    ...(pausesSilently ? BY_ENCODERS.ofSilentPauses : []),
    ...(script.told !== 'exactly' && !script.isDated ? BY_ENCODERS.ofInexactDurations : []),
  ]
  const { findings } = await watchChannel(script)
  return findings.filter((finding) => !own.some((text) => finding.includes(text)))
}
