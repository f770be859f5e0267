import type { LoopRendition } from './loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from './playlists.ts'
import { eventually } from './processes.ts'

const KNOWN_SEGMENTS = 500

/**
 * Tells which segments of the loop a live endpoint lists, by their bytes alone: a line for each rendition, such as
 * `3 4 gap 6 | 1000`, where `|` is a discontinuity and `?` would be bytes that nobody put.
 */
export class SegmentLineup {
  private readonly numbers: Map<string, number>[]
  private readonly fetched = new Map<string, string>()

  /** `numbers` are those that may have been put. */
  constructor(loop: readonly LoopRendition[], numbers: Iterable<number> = Array(KNOWN_SEGMENTS).keys()) {
    const known = [...numbers]
    this.numbers = loop.map((rendition) => new Map(known.map((number) => [sha256(rendition.segment(number)), number])))
  }

  async of(parentUrl: string): Promise<string[]> {
    const renditions = renditionsOf((await fetchBytes(parentUrl)).toString(), parentUrl)
    return Promise.all(
      renditions.map(async ({ url }, index) => {
        const { segments } = await fetchMediaPlaylist(url)
        const entries = segments.map(async ({ uri, gap, discontinuity }) => {
          const label = gap ? 'gap' : await this.label(`${new URL(uri, url)}`, this.numbers[index]!)
          return discontinuity ? `| ${label}` : label
        })
        return (await Promise.all(entries)).join(' ')
      }),
    )
  }

  /** Throws what is listed instead when it is not, in every rendition, `expected` within a few seconds. */
  async becomes(parentUrl: string, ...expected: readonly string[]): Promise<void> {
    let last: readonly string[] = []
    const reached = eventually('the lineup', async () => {
      last = await this.of(parentUrl).catch((error: Error) => [error.message])
      return last.every((line, index) => line === (expected[index] ?? expected[0])) || undefined
    })
    await reached.catch(() => {
      throw new Error(`${parentUrl} lists\n  ${last.join('\n  ')}\ninstead of\n  ${expected.join('\n  ')}`)
    })
  }

  private async label(url: string, numbers: ReadonlyMap<string, number>): Promise<string> {
    const known = this.fetched.get(url)
    if (known !== undefined) return known
    const label = `${numbers.get(sha256(await fetchBytes(url))) ?? '?'}`
    this.fetched.set(url, label)
    return label
  }
}

/** `from` up to and including `to`, as a lineup shows them. */
export function run(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index).join(' ')
}
