import type { ChannelStatus, Input } from '../api/resources.ts'

/** How a channel is: by the input that is in the best state, and since when where that is known. */
export type ChannelState = {
  readonly state: 'NOTHING_YET' | 'LIVE' | 'SILENT' | 'ENDED'
  /** RFC 3339. */
  readonly since?: string
}

const BEST_FIRST = ['LIVE', 'SILENT', 'ENDED', 'NOTHING_YET'] as const

type Summary = Pick<ChannelStatus['inputs'][number], 'state' | 'silentSince' | 'lastHeardAt'> &
  Partial<Pick<Input, 'openEras'>>

/** The state of a channel. A live one is live since the oldest timeline began that goes on in one of its inputs. */
export function channelState(inputs: readonly Summary[]): ChannelState {
  const state = BEST_FIRST.find((each) => inputs.some((input) => input.state === each)) ?? 'NOTHING_YET'
  const alike = inputs.filter((input) => input.state === state)
  const since =
    state === 'LIVE'
      ? alike.flatMap(({ openEras = [] }) => openEras.map(({ openedAt }) => openedAt)).toSorted()[0]
      : alike
          .flatMap(({ silentSince, lastHeardAt }) => silentSince ?? lastHeardAt ?? [])
          .toSorted()
          .at(-1)
  return { state, ...(since !== undefined && { since }) }
}

/** The input that endpoints show; the live one, or the one that has something, where none is followed. */
export function shownInput(inputs: readonly Input[]): Input | undefined {
  return (
    inputs.find(({ isFollowed, state }) => isFollowed && state !== 'NOTHING_YET') ??
    inputs.find(({ state }) => state === 'LIVE') ??
    inputs.find(({ state }) => state !== 'NOTHING_YET')
  )
}

/** What a stream sends a second, as it was measured; undefined where nothing was. */
export function measuredBitRate(streams: readonly Pick<Input['streams'][number], 'tracks'>[]): number | undefined {
  const rates = streams.flatMap(({ tracks = [] }) => tracks.flatMap(({ bitsPerSecond }) => bitsPerSecond ?? []))
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0)
}

/** The sizes of pictures that come in, largest first: `1280×720`. */
export function renditionSizes({ streams }: Pick<Input, 'streams'>): readonly string[] {
  const sizes = streams.flatMap(({ tracks = [] }) =>
    tracks.flatMap(({ kind, width, height }) => (kind === 'video' && width && height ? [{ width, height }] : [])),
  )
  const texts = sizes.toSorted((a, b) => b.height - a.height).map(({ width, height }) => `${width}×${height}`)
  return [...new Set(texts)]
}

/**
 * How far the encoder's clock is from the server's, in milliseconds: the end of the newest segment by the encoder's
 * dates, against the moment at which the segment was listed. An encoder that is on time is behind by what it takes to
 * send. Undefined where the encoder dates nothing.
 */
export function clockOffsetMs(input: Pick<Input, 'streams' | 'openEras'>): number | undefined {
  if (input.openEras.at(-1)?.datesFrom !== 'EXT-X-PROGRAM-DATE-TIME') return undefined
  const offsets = input.streams.flatMap(({ placedUntil, lastListedAt }) =>
    placedUntil === undefined || lastListedAt === undefined ? [] : [Date.parse(placedUntil) - Date.parse(lastListedAt)],
  )
  return offsets.length === 0 ? undefined : Math.max(...offsets)
}

/** The distance that most neighbours have among moments; undefined where there are no two. */
export function medianDistance(moments: readonly number[]): number | undefined {
  const ordered = moments.toSorted((a, b) => a - b)
  const distances = ordered.slice(1).map((moment, n) => moment - (ordered[n] ?? moment))
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)]
}
