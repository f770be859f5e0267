import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'

export type InputsReport = WindrowOutputs['DescribeInputs']

/** The frame rate of the channel's pictures: the highest of all renditions; undefined where there are none. */
export function framesPerSecondOf(report: InputsReport | undefined): number | undefined {
  const rates = tracksOf(report).flatMap(({ frameRate }) => frameRate ?? [])
  return rates.length === 0 ? undefined : Math.max(...rates)
}

/**
 * Bits per second that a channel's first input with content has: of all tracks, and of the best pictures with all
 * sound.
 */
export function bitRatesOf(
  report: InputsReport | undefined,
): { readonly all: number; readonly best: number } | undefined {
  const tracks = tracksOf(report)
  const ofKind = (kind: string) =>
    tracks.filter((track) => track.kind === kind).map((track) => track.bitsPerSecond ?? 0)
  const sum = (rates: readonly number[]) => rates.reduce((total, rate) => total + rate, 0)
  const [video, audio] = [ofKind('video'), ofKind('audio')]
  if (sum([...video, ...audio]) === 0) return undefined
  return { all: sum([...video, ...audio]), best: Math.max(0, ...video) + sum(audio) }
}

function tracksOf(report: InputsReport | undefined) {
  const first = report?.inputs.find(({ streams }) => streams.some(({ tracks = [] }) => tracks.length > 0))
  return (first?.streams ?? []).flatMap(({ tracks = [] }) => tracks)
}
