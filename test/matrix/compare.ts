/** Holds the samples that came out against those that went in. */
import type { Sample, SampleTrack } from '../judges/samples.ts'
import type { ExpectedTrack } from './expected.ts'

/** A track as it came out: its samples on each timeline. */
export type GivenTrack = {
  readonly name: string
  readonly kind: string
  readonly codec: string
  readonly runs: readonly SampleTrack[]
}

/** Seconds after which 33 bits of 90 kHz begin again. */
const WRAP = 2 ** 33 / 90_000

/** Seconds by which the tracks of a presentation may come apart where their times are on a clock of their own. */
const APART = 1 / 22_050

export type Tolerance = {
  /** Times are on a clock of their own that goes on over all timelines, and only when samples are shown is told. */
  readonly ownClock: boolean
}

/**
 * Throws unless every expected track came out, the pictures once and the sound at least once, sample by sample and at
 * its times, and nothing else did.
 */
export function assertSameTracks(
  given: readonly GivenTrack[],
  expected: readonly ExpectedTrack[],
  { ownClock }: Tolerance,
): void {
  const payloads = new Set(given.map(payloadsOf))
  const missing = expected.filter((track) => !payloads.has(payloadsOf(track)))
  const origins = given.map((track) => {
    const origin = closest(expected, track)
    if (!origin) throw new Error(`${track.name} is a ${track.codec} track that never went in`)
    assertSamePayloads(track, origin)
    return origin
  })
  if (missing.length > 0) throw new Error(`never came out: ${missing.map(title).join(', ')}`)
  const pictures = (tracks: readonly { readonly kind: string }[]) =>
    tracks.filter(({ kind }) => kind === 'video').length
  if (pictures(given) !== pictures(expected)) {
    throw new Error(`${pictures(expected)} video tracks went in, ${pictures(given)} came out`)
  }
  for (const at of expected[0]!.runs.keys()) {
    let clock: number | undefined
    for (const [index, track] of given.entries()) {
      const [out, gone] = [runOf(track, origins[index]!, at, ownClock), origins[index]!.runs[at]!]
      if (gone.samples.length === 0) continue
      if (ownClock) {
        const offset = assertSameTimes(track, out, gone, ['pts'])
        clock ??= offset
        const apart = ((offset - clock) * 1000).toFixed(4)
        if (Math.abs(offset - clock) > APART)
          throw new Error(`${track.name} is ${apart} ms late beside ${given[0]!.name}`)
      } else {
        const offset = assertSameTimes(track, out, gone, ['dts', 'pts'])
        const rest = offset - WRAP * Math.round(offset / WRAP)
        if (Math.abs(rest) > slackOf(out, gone)) throw new Error(`${track.name} is ${(rest * 1000).toFixed(4)} ms late`)
      }
    }
  }
}

const title = ({ stream, kind, codec }: ExpectedTrack) => `${kind} ${codec} of ${stream}`

function payloadsOf({ runs }: Pick<GivenTrack, 'runs'>): string {
  return runs.flatMap(({ samples }) => samples.map(({ hash, size }) => `${hash} ${size}`)).join()
}

/** The track of the same codec that shares the most payloads. */
function closest(expected: readonly ExpectedTrack[], { codec, runs }: GivenTrack): ExpectedTrack | undefined {
  const hashes = new Set(runs.flatMap(({ samples }) => samples.map(({ hash }) => hash)))
  const shared = (track: ExpectedTrack) => {
    return track.runs.flatMap(({ samples }) => samples).filter(({ hash }) => hashes.has(hash)).length
  }
  const [best] = expected.filter((track) => track.codec === codec).toSorted((a, b) => shared(b) - shared(a))
  return best && shared(best) > 0 ? best : undefined
}

function assertSamePayloads(given: GivenTrack, expected: ExpectedTrack): void {
  const [out, gone] = [given, expected].map(({ runs }) => runs.flatMap(({ samples }) => samples)) as [
    Sample[],
    Sample[],
  ]
  const describe = (sample: Sample | undefined) => (sample ? `${sample.hash} of ${sample.size} bytes` : 'none')
  for (let at = 0; at < Math.max(out.length, gone.length); at++) {
    if (describe(out[at]) === describe(gone[at])) continue
    const counts = `${gone.length} samples went in, ${out.length} came out`
    throw new Error(`${given.name}: ${counts}; sample ${at} was ${describe(gone[at])}, now ${describe(out[at])}`)
  }
}

/** What came out for a timeline that went in. */
function runOf(given: GivenTrack, expected: ExpectedTrack, at: number, ownClock: boolean): SampleTrack {
  const counts = expected.runs.map(({ samples }) => samples.length)
  if (!ownClock) {
    const found = given.runs.map(({ samples }) => samples.length)
    if (found.join() !== counts.join()) throw new Error(`${given.name}: samples of ${counts} in timelines of ${found}`)
    return given.runs[at]!
  }
  const [only] = given.runs
  if (!only || given.runs.length !== 1) throw new Error(`${given.name} has ${given.runs.length} timelines`)
  const before = counts.slice(0, at).reduce((sum, count) => sum + count, 0)
  return { ...only, samples: only.samples.slice(before, before + counts[at]!) }
}

/** Throws unless all times are late by the same, which it gives. */
function assertSameTimes(
  { name, codec }: GivenTrack,
  given: SampleTrack,
  expected: SampleTrack,
  fields: readonly ('dts' | 'pts')[],
): number {
  const slack = slackOf(given, expected)
  const frame = given.timescale === expected.timescale ? undefined : frameOf(expected)
  const seconds = (track: SampleTrack, index: number, field: 'dts' | 'pts') => {
    return track.samples[index]![field] / track.timescale
  }
  const wanted = (index: number, field: 'dts' | 'pts') => {
    return frame === undefined ? seconds(expected, index, field) : seconds(expected, 0, field) + index * frame
  }
  const offset = seconds(given, 0, 'pts') - wanted(0, 'pts')
  const complaints: string[] = []
  for (const index of given.samples.keys()) {
    for (const field of fields) {
      const late = seconds(given, index, field) - wanted(index, field) - offset
      if (Math.abs(late) > 2 * slack)
        complaints.push(`${field} of sample ${index} is ${(late * 1000).toFixed(4)} ms late`)
    }
  }
  if (complaints.length === 0) return offset
  throw new Error(`${name} (${codec}): ${complaints.length} times differ: ${complaints.slice(0, 6).join('; ')}`)
}

/** Each time is rounded to the clock it came by and to the clock it goes by. */
function slackOf(given: SampleTrack, expected: SampleTrack): number {
  return 0.5 / given.timescale + 0.5 / expected.timescale + 1e-7
}

/**
 * Seconds of an audio frame where that is no whole number of ticks: ffmpeg adds up what it has rounded, from each PES
 * packet on. Undefined where it is, and the times that ffmpeg reads are good.
 */
function frameOf({ kind, samples, timescale }: SampleTrack): number | undefined {
  if (kind !== 'audio') return undefined
  const steps = samples.slice(1).map(({ pts }, at) => pts - samples[at]!.pts)
  const [shortest, longest] = [Math.min(...steps), Math.max(...steps)]
  if (longest - shortest === 0 || longest - shortest > 20) return undefined
  const mean = (samples.at(-1)!.pts - samples[0]!.pts) / steps.length / timescale
  return 1024 / Math.round(1024 / mean)
}
