/** Clips of encrypted endpoints: what an endpoint is now decides, and what it was when the clip was made. */
import assert from 'node:assert/strict'
import { protectedChannel } from '../../../test/keys/protected-channel.ts'
import { sampleEncryption } from '../../../test/keys/sample-encryption.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { FakeResources, NOON } from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { needing } from '../../../test/programs.ts'
import { utcMs } from '../../media/time.ts'
import { CLIP_KINDS, type Clip, type ClipKind, clippedEndpoint } from '../../model/clip.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { CachedManifest } from '../manifests/cached-manifest.ts'
import { WindowQueue } from '../manifests/window-queue.ts'
import { ManifestWorker } from '../manifests/worker.ts'
import { editionName, parseClipPath } from './clip-paths.ts'
import { Clips } from './clips.ts'

const { after, before, describe, it } = needing('ffmpeg')

const HOUR = { startoverWindowSeconds: 3600 }
const CLEAR = cmafEndpoint({ durationSeconds: 2 }, HOUR)
const encryption = sampleEncryption('CBCS', { keyRotationIntervalSeconds: 10 })
const ENCRYPTED = cmafEndpoint({ durationSeconds: 2, encryption }, HOUR)
const OTHER = cmafEndpoint(
  {
    durationSeconds: 2,
    encryption: { ...encryption, spekeKeyProvider: { ...encryption.spekeKeyProvider, resourceId: 'other' } },
  },
  HOUR,
)
const EDITION = 5

describe('a clip', () => {
  const keys = sampleKeys()
  const worker = new ManifestWorker(keys, () => utcMs(0))
  let channel: Awaited<ReturnType<typeof protectedChannel>>
  const closers: (() => unknown)[] = [() => worker.close()]
  before(async () => {
    channel = await protectedChannel('h264')
  })
  after(async () => {
    for (const close of closers) await close()
  })

  /** What is played of a clip that was made of an endpoint as it was `then`. */
  function played(then: OriginEndpoint, kinds: readonly ClipKind[]) {
    const { archive } = channel
    const span = { start: utcMs(NOON + 8000), end: utcMs(NOON + 14_000) }
    const resources = new FakeResources(then)
    const clip: Clip = {
      id: 'goal',
      channelId: 'channel',
      channelGuid: then.channelGuid,
      startTime: '',
      endTime: '',
      ...span,
      cut: 'SEGMENT',
      sources: [{ endpoint: clippedEndpoint(then), kinds }],
      pinned: span,
      bytes: 1,
      createdAt: NOON,
      modifiedAt: NOON,
      revision: 1,
      edition: EDITION,
    }
    resources.clips.set('goal', clip)
    const clips = new Clips({
      resources,
      archive,
      worker,
      queue: new WindowQueue(),
      clock: () => NOON,
      date: () => NOON,
    })
    closers.push(() => clips.close())
    const find = (now: OriginEndpoint, path: string) =>
      clips.find(now, parseClipPath(`clips/goal/${path}`) ?? assert.fail(path), undefined)
    const playlist = async (now: OriginEndpoint) => {
      const found = await find(now, 'cmaf/index_video_1.m3u8')
      assert.ok(found instanceof CachedManifest, JSON.stringify(found))
      return String(found.plain.body)
    }
    const segment = async (now: OriginEndpoint, file: string) => {
      const found = await find(now, `cmaf/${file}`)
      assert.ok(typeof found === 'object' && 'request' in found, JSON.stringify(found))
      const body = await found.request.body(archive, archive.media(), keys)
      assert.ok(typeof body === 'object')
      return body
    }
    return { find, playlist, segment }
  }

  const segmentsIn = (playlist: string) => playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const kidsIn = (playlist: string) => [...playlist.matchAll(/keys\.example\/([^"]+)/g)].map(([, kid]) => kid)

  it('that was made in the clear is encrypted under other names once its endpoint is, by its keys of now', async () => {
    const { find, playlist, segment } = played(CLEAR, CLIP_KINDS)
    const before = segmentsIn(await playlist(CLEAR))
    assert.equal((await segment(CLEAR, before[0]!)).protection, undefined)
    const texts = [await playlist(ENCRYPTED), await playlist(OTHER)] as const
    for (const [i, now] of [ENCRYPTED, OTHER].entries()) {
      const names = segmentsIn(texts[i]!)
      assert.deepEqual(
        names.map((name) => name.replace(editionName(EDITION, now), editionName(EDITION, CLEAR))),
        before,
      )
      for (const name of names) assert.equal((await segment(now, name)).protection, 'encrypted', name)
      // Neither what caches have in the clear, nor what is under other keys, is what these names are for.
      const others = [before, segmentsIn(texts[1 - i]!)].flat()
      for (const name of others) assert.equal(await find(now, `cmaf/${name}`), 'NoSuchObject', name)
    }
    const [kids, others] = texts.map(kidsIn)
    assert.equal(new Set(kids).size, 2, 'keys change')
    assert.deepEqual(
      kids!.filter((kid) => others!.includes(kid)),
      [],
    )
    assert.equal(await find(CLEAR, `cmaf/${segmentsIn(texts[0])[0]!}`), 'NoSuchObject')
  })

  it('that was made in the clear is played in no other format once its endpoint is encrypted', async () => {
    const { find } = played(CLEAR, CLIP_KINDS)
    const name = editionName(EDITION, ENCRYPTED)
    for (const path of [
      'hls/index.m3u8',
      'hls/index_1.m3u8',
      `hls/${name}_1_4.ts`,
      `hls/s${EDITION}_1_4.ts`,
      'dash/index.mpd',
      'mss/index.ism/Manifest',
    ]) {
      assert.equal(await find(ENCRYPTED, path), 'ClipIsEncrypted', path)
    }
    const movie = await find(ENCRYPTED, 'mp4/index.mp4')
    assert.ok(typeof movie === 'object' && 'movie' in movie)
    // This is what makes the answer Mp4InTheClear.
    assert.deepEqual(movie.movie.endpoint.packaging.encryption, encryption)
  })

  it('that was made of an encrypted endpoint stays as it was when that is in the clear', async () => {
    const { playlist, segment } = played(ENCRYPTED, ['CMAF'])
    const text = await playlist(CLEAR)
    assert.equal(text, await playlist(ENCRYPTED))
    for (const name of segmentsIn(text)) assert.equal((await segment(CLEAR, name)).protection, 'encrypted', name)
    assert.notDeepEqual(kidsIn(await playlist(OTHER)), kidsIn(text))
  })
})
