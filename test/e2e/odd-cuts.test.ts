import assert from 'node:assert/strict'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { type Engine, Player } from '../judges/player.ts'
import { fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'
import { LADDER, LATE_TABLES, type OddSource, pushOdd, SLIDES, SOUNDS, VARIABLE_RATE } from './odd-sources.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

/** Every container in each kind of player. */
const VIEWINGS: readonly (readonly [engine: Engine, output: string])[] = [
  ['hls.js', 'hls'],
  ['hls.js', 'cmaf'],
  ['shaka', 'dash-number'],
  ['dash.js', 'dash-time'],
]

type Case = {
  readonly source: OddSource
  readonly viewings?: typeof VIEWINGS
  readonly changes?: readonly string[]
  /**
   * hls.js changes level at the segment that begins within 0.25 s of what it has: between levels that are cut
   * otherwise, it then steps over the pictures it left out.
   */
  readonly overHoles?: boolean
}

const CASES: Readonly<Record<string, Case>> = {
  'a ladder of 2.00 and 1.92 s': {
    source: LADDER,
    viewings: [...VIEWINGS, ['shaka', 'cmaf']],
    changes: ['72 lines', '90 lines'],
    overHoles: true,
  },
  'sound of 4 s and of 1 s beside pictures of 2 s': {
    source: SOUNDS,
    viewings: [...VIEWINGS, ['shaka', 'hls-groups']],
    changes: ['sound in de', 'sound in en'],
  },
  // Only those that get the segments as they were pushed see its tables.
  'a stream whose tables are in the middle of each segment': { source: LATE_TABLES, viewings: VIEWINGS.slice(0, 2) },
  'slides, the last of which is shown for most of a segment': { source: SLIDES },
  'a variable frame rate': { source: VARIABLE_RATE },
}

/** What the playlist of a rendition told while it was live. In seconds. */
type Told = { readonly targetDurations: Set<number>; longest: number }

/** One source, pushed to its end, in every output. */
class Programme {
  readonly source: OddSource
  /** By the URL of a media playlist, of every HLS and CMAF rendition. */
  readonly told = new Map<string, Told>()
  private readonly urls = new Map<string, string>()

  constructor(source: OddSource) {
    this.source = source
  }

  async push(windrow: Windrow, id: string): Promise<void> {
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, id)
    for (const output of OUTPUTS) this.urls.set(output.name, await output.create(client, id))
    await pushOdd(ingest, this.source, () => this.look())
    await eventually('the end of every presentation', async () => {
      const over = await Promise.all([...this.urls.values()].map(isOver))
      return over.every(Boolean) || undefined
    })
    await this.look()
  }

  private async look(): Promise<void> {
    for (const parentUrl of ['hls', 'hls-groups', 'cmaf'].map((output) => this.url(output))) {
      const response = await fetch(parentUrl)
      const text = await response.text()
      for (const { url } of response.ok ? renditionsOf(text, parentUrl) : []) {
        const { targetDuration, segments } = await fetchMediaPlaylist(url)
        const told = this.told.get(url) ?? { targetDurations: new Set(), longest: 0 }
        told.targetDurations.add(targetDuration)
        told.longest = Math.max(told.longest, ...segments.map(({ duration }) => Math.round(duration)))
        this.told.set(url, told)
      }
    }
  }

  url(output: string): string {
    return this.urls.get(output)!
  }
}

describe('players of what is cut, timed or multiplexed otherwise', { concurrency: 3 }, () => {
  const programmes = new Map(Object.entries(CASES).map(([name, { source }]) => [name, new Programme(source)]))
  let windrow: Windrow
  let player: Player
  before(async () => {
    windrow = await Windrow.start()
    player = await Player.start()
    await Promise.all([...programmes.values()].map((programme, index) => programme.push(windrow, `odd-${index}`)))
  })
  after(async () => {
    await player?.stop()
    await windrow?.stop()
  })

  for (const [name, { viewings = VIEWINGS, changes = [], overHoles = false }] of Object.entries(CASES)) {
    // Every kind of player sees each source in the gate, but not every container.
    for (const [engine, output] of someOf(viewings, 2)) {
      it(`play ${name}: ${engine}, ${output}`, async () => {
        const programme = programmes.get(name)!
        const { mediaSeconds, duration, frames, shown } = await player.playThrough(engine, programme.url(output), {
          overHoles,
        })
        assert.ok(Math.abs(duration - programme.source.seconds) < 0.15, `lasts ${duration} s`)
        assert.ok(Math.abs(mediaSeconds - duration) < 0.2, `ends at ${mediaSeconds} s of ${duration} s`)
        assert.deepEqual(shown, changes)
        // What it has in hand of a level goes when it changes.
        const { pictures } = programme.source
        assert.ok(frames > 0.8 * pictures, `${frames} of ${pictures} pictures`)
      })
    }
    it(`are told one target duration of ${name}, and no segment that is longer`, () => {
      const { source, told } = programmes.get(name)!
      assert.ok(told.size >= 3 * source.renditions.length, `${told.size} renditions`)
      for (const [url, { targetDurations, longest }] of told) {
        assert.equal(targetDurations.size, 1, `${url}: ${[...targetDurations]}`)
        assert.ok(longest <= Math.max(...targetDurations), `${url}: ${longest} s`)
      }
    })
  }
})

/** Whether a manifest says that nothing more comes; of a parent playlist, its first rendition. */
async function isOver(url: string): Promise<boolean> {
  const response = await fetch(url)
  const text = await response.text()
  if (!response.ok) return false
  if (text.startsWith('#EXTM3U')) return (await fetchMediaPlaylist(renditionsOf(text, url)[0]!.url)).endlist
  return !/type="dynamic"|IsLive="TRUE"/i.test(text)
}
