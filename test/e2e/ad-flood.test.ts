/** SCTE-35 messages and ad tags without measure, in an encoder's own channel and beside another one. */
import assert from 'node:assert/strict'
import { median } from '../bench/measure.ts'
import { breakBegins, breakIdAt } from '../fixtures/announced-breaks.ts'
import { slowness } from '../fuzz/worst/judge.ts'
import { type AdFloodFigures, floodWithAds, type Signalled } from '../hostile/ad-flood.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const RENDITIONS = 3
const SEGMENTS = { unmeasured: 2, quiet: 4, flooded: 6, afterwards: 6 }
const FLOODED = SEGMENTS.unmeasured + SEGMENTS.flooded
const ALL = SEGMENTS.unmeasured + SEGMENTS.quiet + FLOODED + SEGMENTS.afterwards
/** What the flood may add to what something takes twice over, on the machine for which figures are stated. */
const MOST_ADDED_MS = 50
const KIB = 1024

describe('an encoder that signals ads without measure', () => {
  let figures: AdFloodFigures
  before(async () => {
    figures = await floodWithAds({ ...SEGMENTS, messages: 1000, renditions: RENDITIONS, log: () => {} })
  })
  after(() => figures?.stop())

  it('delays neither its own live playlists nor another channel', async () => {
    const { quiet, flooded } = figures
    const added = MOST_ADDED_MS * (await slowness())
    for (const [what, before, beside] of [
      ['PUTs of the other encoder', quiet.puts, flooded.puts],
      ['playlists of the other channel', quiet.listed.well, flooded.listed.well],
      ['its own playlists', quiet.listed.flooding, flooded.listed.flooding],
    ] as const) {
      const [usual, most] = [median(before), median(beside)]
      assert.ok(most <= 2 * usual + added, `${what}: median of ${most} ms in the flood, ${usual} ms before`)
    }
  })

  it('takes no more than is set aside for it: of memory, of its state and of its slots', () => {
    const { peakMemory, longest } = figures
    assert.ok(peakMemory < 500, `${peakMemory} MiB`)
    assert.ok(longest.state < 512 * KIB, `${longest.state} bytes of state`)
    assert.ok(longest.slot < 256 * KIB, `${longest.slot} bytes of a slot`)
  })

  it('is told of each thing that is left out, once in the log, and each time in its report', () => {
    const { inputs, windrow } = figures
    const LEFT_OUT = ['ad-events-left-out', 'ad-messages-unreadable', 'ad-tags-left-out', 'line-too-long']
    const counts = Object.fromEntries(inputs.flooding.habits.map(({ habit, count }) => [habit, count]))
    assert.deepEqual(Object.keys(counts).toSorted(), LEFT_OUT)
    assert.ok(counts['ad-messages-unreadable']! >= FLOODED * RENDITIONS, JSON.stringify(counts))
    assert.ok(counts['ad-events-left-out']! >= FLOODED)
    assert.deepEqual(inputs.well.habits, [])
    const logged = windrow.log.split('\n').flatMap((line) => /"habit":"([\w-]+)"/.exec(line)?.[1] ?? [])
    assert.deepEqual(logged.toSorted(), LEFT_OUT)
  })

  it('has its segments served as they were put, as the other channel has', async () => {
    for (const channel of Object.values(figures.channels)) {
      const { pusher, urls } = channel
      const renditions = renditionsOf((await fetchBytes(urls.tags)).toString(), urls.tags)
      assert.equal(renditions.length, pusher.renditions.length)
      const served = await Promise.all(renditions.map(({ url }) => digestsOf(url)))
      for (const digests of served) assert.equal(digests.length, ALL)
      assert.deepEqual(new Set(served.flat()), pusher.digests)
    }
  })

  it('has the breaks that it announces ahead, in the flood and afterwards, with their times', async () => {
    for (const channel of Object.values(figures.channels)) await assertRanges(channel, ALL)
  })

  it('has its cues as before when it has begun anew', async () => {
    const { flooding } = figures.channels
    await flooding.restart(9)
    const { pusher } = flooding
    const date = new Date(pusher.dateOf(8)).toISOString()
    const text = await eventually('the last segment', async () => {
      const playlist = await flooding.playlist('enhanced')
      return playlist.includes(date) ? playlist : undefined
    })
    const [, anew = ''] = text.split('#EXT-X-DISCONTINUITY\n')
    const cues = [...anew.matchAll(/#EXT-X-(CUE-[A-Z-]+:?[\d.]*)|DATE-TIME:(.*)/g)].map(([, cue, at]) => cue ?? at)
    const dates = Array.from({ length: 9 }, (_, number) => new Date(pusher.dateOf(number)).toISOString())
    // Behind the date of their segment.
    const CUES: Readonly<Record<number, string>> = {
      2: 'CUE-OUT:2.000',
      3: 'CUE-OUT-CONT:',
      4: 'CUE-IN',
      8: 'CUE-OUT:2.000',
    }
    assert.deepEqual(
      cues,
      dates.flatMap((each, number) => [each, ...(CUES[number] === undefined ? [] : [CUES[number]])]),
    )
    await assertRanges(flooding, 8)
  })
})

/** Each break of those segments has begun at its time, and ended two seconds later if that has come. */
async function assertRanges(channel: Signalled, count: number): Promise<void> {
  const { pusher } = channel
  const lines = (await channel.playlist('ranges')).split('\n').filter((line) => line.includes('DATERANGE'))
  const numbers = Array.from({ length: count }, (_, number) => number).filter(breakBegins)
  for (const number of numbers) {
    const date = (at: number) => new Date(pusher.dateOf(at)).toISOString()
    const own = lines.filter((line) =>
      new RegExp(`ID="${breakIdAt(number)}\\b.*START-DATE="${date(number)}"`).test(line),
    )
    assert.equal(own.length, 2, `${number}: ${own.join('\n')}`)
    assert.match(own[0]!, /PLANNED-DURATION=2\.000,SCTE35-OUT=0x/)
    assert.match(own[1]!, new RegExp(`END-DATE="${date(number + 2)}",DURATION=2\\.000`))
  }
}

async function digestsOf(playlistUrl: string): Promise<readonly string[]> {
  const { segments } = await fetchMediaPlaylist(playlistUrl)
  return Promise.all(segments.map(async ({ uri }) => sha256(await fetchBytes(`${new URL(uri, playlistUrl)}`))))
}
