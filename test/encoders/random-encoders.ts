import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'
import { type EncoderLife, liveThrough } from './encoder-life.ts'
import { type EncoderScript, encoderScript } from './encoder-script.ts'
import { type Fetch, type FoundTrack, foundDash, foundHls, foundSmooth } from './found-presentation.ts'
import { faultsOfOutput } from './listed-once.ts'
import { type SourceUnits, sourceUnits } from './source-units.ts'
import { Studio, WHOLE_SECONDS } from './studio.ts'

/** An archive holds so many lives before another is opened. */
const LIVES_IN_A_STUDIO = 100
/** Longer than anything waits. */
const AFTERWARDS_MS = 200_000

type Output = {
  readonly name: string
  /** Of the manifest that is played first, live and in an asset. */
  readonly parent: string
  readonly assetParent: string
  readonly endpoint: (segmentSeconds: number) => ReturnType<typeof hlsEndpoint>
  readonly found: (fetch: Fetch, parent: string) => Promise<FoundTrack[]>
  readonly keepsTimes: boolean
  /** Sound of several variants is listed once, and a segment has one track. */
  readonly hasTracksApart: boolean
}

const WHOLE = { windowSeconds: WHOLE_SECONDS }
const PAST = { startoverWindowSeconds: 86_400 }

const OUTPUTS: readonly Output[] = [
  {
    name: 'HLS',
    parent: 'index.m3u8',
    assetParent: 'all.m3u8',
    endpoint: (durationSeconds) => hlsEndpoint({ durationSeconds, ...WHOLE }, PAST),
    found: foundHls,
    keepsTimes: true,
    hasTracksApart: false,
  },
  {
    name: 'CMAF',
    parent: 'main/news.m3u8',
    assetParent: 'all.m3u8',
    endpoint: (durationSeconds) => cmafEndpoint({ durationSeconds, ...WHOLE }, PAST),
    found: foundHls,
    keepsTimes: true,
    hasTracksApart: true,
  },
  {
    name: 'DASH',
    parent: 'index.mpd',
    assetParent: 'all.mpd',
    endpoint: (durationSeconds) => dashEndpoint({ durationSeconds, ...WHOLE }, PAST),
    found: foundDash,
    keepsTimes: true,
    hasTracksApart: true,
  },
  {
    name: 'Smooth Streaming',
    parent: 'index.ism/Manifest',
    assetParent: 'all.ism/Manifest',
    endpoint: (durationSeconds) => mssEndpoint({ durationSeconds, ...WHOLE }, PAST),
    found: foundSmooth,
    keepsTimes: false,
    hasTracksApart: true,
  },
]

/**
 * Random encoders; one whose access units are not all listed once is made as simple as it can be. Returns how many
 * access units there were.
 */
export async function encodeAtRandom(
  seed: number,
  numRuns: number,
  tell: (lives: number) => void = () => {},
): Promise<number> {
  const source = await sourceUnits()
  let studio = await Studio.open()
  let [lives, units] = [0, 0]
  const property = fc.asyncProperty(encoderScript, async (script) => {
    if (lives++ % LIVES_IN_A_STUDIO === 0 && lives > 1) {
      tell(lives - 1)
      await studio.close()
      studio = await Studio.open()
    }
    units += await encodeThrough(script, studio, source)
  })
  try {
    await fc.assert(property, { seed, numRuns })
  } finally {
    await studio.close()
  }
  return units
}

/** Lives through a script; returns how many access units there were. */
export async function encodeThrough(script: EncoderScript, studio: Studio, source: SourceUnits): Promise<number> {
  const began = studio.now
  const life = liveThrough(script, source, began)
  const endpoints = OUTPUTS.map(({ endpoint }) => endpoint(script.segmentSeconds))
  const channel = await studio.createChannel(endpoints)
  const lines = studio.lines.length
  let isWatched = false
  for (const { atMs, path, body } of life.puts) {
    await studio.passUntil(began + Math.max(atMs, 0))
    await studio.put(channel.folder + path, body)
    if (script.isWatched && !isWatched && atMs > 4000) {
      isWatched = true
      for (const [i, { parent }] of OUTPUTS.entries()) await studio.get(channel.endpoints[i]!, parent).catch(() => {})
    }
  }
  await studio.passUntil(studio.now + AFTERWARDS_MS)
  const faults: string[] = []
  for (const [i, output] of OUTPUTS.entries()) {
    const endpoint = channel.endpoints[i]!
    faults.push(...(await faultsOf(output, { script, life }, (path) => studio.get(endpoint, path), output.parent)))
    try {
      const file = await studio.harvest(endpoint, output.assetParent)
      const asset = await faultsOf(output, { script, life }, async (path) => file(decodeURI(path)), output.assetParent)
      faults.push(...asset.map((fault) => `asset of ${fault}`))
    } catch (error) {
      faults.push(`asset of ${output.name}: ${inspect(error)}`)
    }
  }
  assert.deepEqual(faults, [], `${faults.join('\n')}\n${studio.lines.slice(lines).join('\n')}`)
  return [...life.units.values()].reduce((sum, { length }) => sum + length, 0)
}

type Lived = { readonly script: EncoderScript; readonly life: EncoderLife }

async function faultsOf(output: Output, { script, life }: Lived, fetch: Fetch, parent: string): Promise<string[]> {
  const { keepsTimes, name, hasTracksApart } = output
  try {
    const found = await output.found(fetch, parent)
    // Sound in variants is taken from the one of the lowest bit rate that is there.
    const optional = hasTracksApart ? [17] : []
    const isPaused = script.parts.slice(1).some(({ restart }) => restart.timestamps === 'by the clock')
    const hasOpenEnds = script.video.rhythm !== 'steady' || (script.told !== 'exactly' && isPaused)
    // Smooth Streaming lists pictures of all bit rates under the times of the first, and as long as all have any.
    const untimed = keepsTimes ? [] : [1]
    const mayEndEarly = keepsTimes || script.video.variants === 1 ? [] : [0, 1]
    return faultsOfOutput(found, {
      units: life.units,
      optional,
      keepsTimes,
      untimed,
      mayEndEarly,
      hasOpenEnds,
      likelyHole: script.told === 'rounded' && script.video.rhythm !== 'steady' ? 90_000 / 8 : 0,
      restarts: script.parts.length - 1,
    }).map((fault) => `${name}: ${fault}`)
  } catch (error) {
    return [`${name}: ${inspect(error)}`]
  }
}
