import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Turns } from '../../src/concurrency/turns.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { look } from '../../src/self-check/look.ts'
import { EndpointMemory } from '../../src/self-check/memory.ts'
import { liveThrough, type Put } from '../encoders/encoder-life.ts'
import { type EncoderScript, encoderScript } from '../encoders/encoder-script.ts'
import { MemoryObjects } from '../encoders/memory-objects.ts'
import { sourceUnits } from '../encoders/source-units.ts'
import { Studio } from '../encoders/studio.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'
import { needing } from '../programs.ts'

const { describe, it } = needing('ffmpeg')

const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 2)
const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_261_201)

/** Content is kept for half a minute, a minute after windows have shown it. */
const RETENTION = { liveMs: 30_000, marginMs: 60_000, graceMs: 0 }
const LOOK_MS = 3000

const PLAIN: EncoderScript = {
  video: { variants: 2, rate: '25', rhythm: 'steady' },
  sound: { place: 'muxed', renditions: 1, container: 'mpeg-ts', rate: 48_000, offset: 0, framesInPes: 3 },
  cuts: [[200]],
  told: 'exactly',
  names: 'plain',
  dialect: 'plain',
  tables: 'first',
  isDated: true,
  listsFirst: false,
  listed: 5,
  lateMs: [150],
  base: 126_000,
  segmentSeconds: 4,
  isWatched: true,
  parts: [{ seconds: 90, restart: { pauseMs: 0, names: 'go on', timestamps: 'from zero', isMarked: false } }],
}

type Found = { readonly findings: readonly string[]; readonly looks: number; readonly segments: number }

/** Looks at all endpoints of a channel every few seconds, while encoders put what they put. */
async function watch(
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
    let [looks, segments] = [0, 0]
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
        looks++
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
    return { findings, looks, segments }
  } finally {
    await studio.close()
  }
}

describe('a channel that is looked at by itself', () => {
  it('has nothing wrong while its inputs pause, begin anew, lack segments and take turns', async () => {
    const restart = { pauseMs: 15_000, names: 'other', timestamps: 'from zero', isMarked: false } as const
    const first = {
      ...PLAIN,
      parts: [
        { ...PLAIN.parts[0]!, seconds: 30 },
        { seconds: 40, restart },
      ],
    }
    const second = { ...PLAIN, base: 8_589_484_592 }
    const isLost = ({ atMs, path }: Put) => path.endsWith('.ts') && Math.floor(atMs / 2000) % 17 === 16
    const { findings, looks, segments } = await watch(first, second, isLost)
    assert.deepEqual(findings, [])
    assert.ok(looks > 150 && segments > 2 * looks - 60, `${looks} looks, ${segments} segments`)
  })

  it(`has nothing wrong whatever its encoder does (${runs} lives, seed ${seed})`, async () => {
    for (const script of fc.sample(encoderScript, { seed, numRuns: runs })) {
      const { findings } = await watch(script)
      // Encoders cut streams where they like: what begins together in a segment is theirs.
      const ours = findings.filter((finding) => !finding.includes(': tracks-begin-together: '))
      assert.deepEqual(ours, [], JSON.stringify(script))
    }
  })
})
