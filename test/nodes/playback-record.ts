/** What players were answered through the proxy, and what needs no reason of what they complain of. */
import { posix } from 'node:path'
import type { InTurn } from '../e2e/encoders-in-turn.ts'
import { CLIENT_GONE, type Exchange } from './spreading-proxy.ts'

/** A picture that stands still for so many seconds in the end does not go on. */
const STANDS_SECONDS = 10

/** What follows from media that both encoders have lost, and from pictures that stand still: those are figures. */
const OF_GAPS = /fragGap|bufferStalledError|bufferSeekOverHole|bufferNudgeOnStall|shaka 1\/1011/
/**
 * What shaka says when it goes through a playlist of which it has evicted every segment: 5.2.12, the newest in
 * December 2026, in `setProgramDateTimeRegionsFromIndex_` (shaka-project/shaka-player, pull request 10267). At a
 * discontinuity it closes up what is missing by the dates (pull requests 9135 and 10087), but evicts by the clock: as
 * soon as more is missing than a playlist lasts, all that is listed counts as too old. Any playlist with such a hole
 * does that. The picture stands meanwhile, for as long as a playlist lasts, or longer where more goes missing.
 */
const OF_SHAKA = /TypeError: .*\(reading 'next'\)/
/** What a player says of an answer 502 or 503, or of a late one: whether that was due, the answers themselves tell. */
const OF_ANSWERS = /HTTP Error 50[23]|status 50[23]|,50[23],|LoadTimeOut/
/** As long as players wait. */
const PATIENCE_MS = 10_000
/** While a store is away or troubled, what only the store has is not to be had. */
const STORE_TROUBLE = /S3|PostgreSQL/

export class PlaybackRecord {
  /** By what befell the nodes meanwhile, and what was answered instead of media or a manifest. */
  private readonly refusals = new Map<string, number>()
  /** Paths that no node has answered, or that a store was away for. */
  private readonly excused = new Set<string>()
  /** Answers without a reason in what befell the nodes. */
  private readonly unexcused = new Set<string>()

  note({ method, path, status, given, took }: Exchange, meanwhile: string): void {
    if (!path.startsWith('/out/') || method !== 'GET') return
    const isLate = took >= PATIENCE_MS
    if (!isLate && (status < 400 || status === CLIENT_GONE)) return
    const answer = isLate
      ? `after ${PATIENCE_MS} ms or more`
      : given
        ? `${status} ${given.toString().trim().slice(0, 80)}`
        : 'no answer of any node'
    const what = `${meanwhile}: ${posix.extname(path.replace(/\?.*/, ''))} ${answer}`
    this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1)
    if (!given || ((isLate || status === 503) && STORE_TROUBLE.test(meanwhile))) this.excused.add(path)
    else this.unexcused.add(what)
  }

  /** A line each. */
  inWords(): readonly string[] {
    return [...this.refusals].map(([what, count]) => `${count} × ${what}`)
  }

  /** What is wrong with how players fared. */
  faultsOf(seen: InTurn['watched']): readonly string[] {
    const answers = [...this.unexcused].map((what) => `players were answered, ${what}`)
    const complaints = seen.flatMap(({ engine, output, errors, standing }) => {
      const faults = new Set<string>()
      for (const error of errors) {
        if (OF_GAPS.test(error) || OF_SHAKA.test(error) || this.isExcused(error)) continue
        faults.add(error)
      }
      if (standing > STANDS_SECONDS) faults.add(`stands still in the end, for ${standing.toFixed(2)} s`)
      return [...faults].map((fault) => `${engine}, ${output}: ${fault}`)
    })
    return [...answers, ...complaints]
  }

  private isExcused(error: string): boolean {
    return OF_ANSWERS.test(error) || [...this.excused].some((path) => error.includes(path))
  }
}
