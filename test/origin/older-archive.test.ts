/**
 * An archive that an older version wrote is served as it was. `older-archives` has the index of one, as version 5 of
 * the schema (slots without summaries) and version 6 kept it: a channel with two inputs on one timeline, across a wrap
 * of the timestamps, with holes, switches, a new width and subtitles; and the manifests that were served from it.
 */

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import { ClientNetworks } from '../../src/http/client-networks.ts'
import { Exchange } from '../../src/http/exchange.ts'
import { OutgoingBytes } from '../../src/http/outgoing-bytes.ts'
import { ticksFromSeconds, utcMs } from '../../src/media/time.ts'
import type { SegmentProbe } from '../../src/model/source-segment.ts'
import { ManifestWorker } from '../../src/origin/manifests/worker.ts'
import { createOrigin } from '../../src/origin/origin.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { EPOCH, probeAt, TEXT } from '../timeline/rehearsal.ts'
import { NO_IDENTIFIERS, NO_MOVIES } from './origin-under-test.ts'
import { dashEndpoint, hlsEndpoint, mssEndpoint } from './sample-endpoints.ts'

const decompress = promisify(brotliDecompress)
const readOlder = async (name: string) =>
  decompress(await readFile(new URL(`older-archives/${name}.br`, import.meta.url)))

/** Segments of each stream in them, of two seconds. */
const SEGMENTS = 500
const [FIRST, SECOND] = ['c'.repeat(32), 'd'.repeat(32)]
const DAY = { channelGuid: FIRST, startoverWindowSeconds: 86_400 }
const hls = { includeIframeOnlyStream: true, useAudioRenditionGroup: true }
const ENDPOINTS = [
  hlsEndpoint({ ...hls, durationSeconds: 2 }, { ...DAY, id: 'two', guid: '2'.repeat(32) }),
  hlsEndpoint(hls, { ...DAY, id: 'six', guid: '6'.repeat(32) }),
  dashEndpoint({}, { ...DAY, id: 'dash', guid: 'a'.repeat(32) }),
  mssEndpoint({}, { ...DAY, id: 'mss', guid: 'b'.repeat(32) }),
]
const PARENTS: Readonly<Record<string, string>> = {
  TS: 'index.m3u8',
  CMAF: 'index.mpd',
  ISM: 'index.ism/Manifest',
}

for (const version of [5, 6]) {
  describe(`an archive whose index is of version ${version}`, () => {
    let folder: string
    let store: SqliteStore
    let archive: Archive
    let now = utcMs(EPOCH + 2000 * (SEGMENTS - 1))
    const clock = () => now
    const log = { info() {}, warn() {}, error() {} }

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'windrow-older-'))
      const path = join(folder, 'windrow.db')
      await writeFile(path, await readOlder(`index-version-${version}.db`))
      store = await openSqliteStore(path)
      archive = await openArchive({
        ...store,
        objects: await openFileObjects(join(folder, 'objects')),
        clock,
        log,
        retention: { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 },
        account: { region: 'eu-west-1', accountId: '111122223333' },
      })
    })
    after(async () => {
      await archive.close()
      await store.close()
      await rm(folder, { recursive: true })
    })

    const put = async (ingestEndpointId: string, stream: string, i: number, probe: SegmentProbe) => {
      const ref = { channelGuid: FIRST, ingestEndpointId }
      const name = `${stream}-${i}`
      const { key, writer } = await archive.createObject(ref)
      await writer.write(Buffer.from(name))
      await writer.commit()
      const size = 1000 + ((i * 7919) % 997)
      await archive.storeSegment(ref, { key, name, size, crc32: 0, sha256: key, receivedAt: now, probe })
      const duration = ticksFromSeconds(2)
      const segment = { name, duration, discontinuity: false, programDateTime: utcMs(EPOCH + 2000 * i) }
      const playlist = { name: stream, targetDuration: duration, mediaSequence: i, segments: [segment], ended: false }
      await archive.storeMediaPlaylist(ref, playlist)
    }

    /** The inputs go on as they were. */
    const live = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        now = utcMs(EPOCH + 2000 * i)
        await archive.tick()
        for (const id of [FIRST, SECOND]) {
          if (id === FIRST ? i % 100 > 80 : i % 70 > 65) continue
          const start = 7000 + 2 * i
          const [, ...pictures] = [0, 1, 2].slice(0, 1 + (i % 3))
          const a = probeAt(start, 960)
          const keyFrames = [
            ...a.keyFrames,
            ...pictures.map((n) => ({ pts: a.firstPts + n, offset: n * 188, size: 188 })),
          ]
          await put(id, 'a', i, { ...a, keyFrames })
          if (i % 40 !== 9) await put(id, 'b', i, probeAt(start, 320))
          if (i % 11 !== 3) await put(id, 't', i, TEXT)
        }
      }
    }

    /** The manifests of each endpoint and window, by path. */
    const manifests = async () => {
      const manifestWorker = new ManifestWorker(sampleKeys(), () => utcMs(0))
      const media = new SourceMedia(archive, { maxBytes: 1 << 20, turns: new Turns() })
      const outgoing = new OutgoingBytes({ mostBytes: 64 * 1024 * 1024, stallSeconds: 60, log })
      const deps = {
        resources: store.resources,
        archive,
        media,
        contentKeys: sampleKeys(),
        manifestWorker,
        ...NO_MOVIES,
        identifiers: NO_IDENTIFIERS,
        missesPerSecond: 10_000,
        outgoing,
        clients: new ClientNetworks(),
        clock,
        date: clock,
        log,
      }
      const origin = createOrigin(deps)
      const server = http.createServer((request, response) => {
        void origin.handle(
          request,
          response,
          { path: request.url ?? '', query: '' },
          new Exchange(request, response, () => 0),
        )
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const texts = new Map<string, string>()
      const read = async (url: string): Promise<void> => {
        const response = await fetch(new URL(url, `http://127.0.0.1:${port}`))
        assert.equal(response.status, 200, url)
        const text = await response.text()
        texts.set(new URL(response.url).pathname, text)
        const children = [...text.matchAll(/^[^#].*\.m3u8.*$|(?<=URI=")[^"]*\.m3u8[^"]*/gm)]
        for (const [child] of children) await read(new URL(child, response.url).href)
      }
      const seconds = (after: number) => EPOCH / 1000 + after
      const windows = [`start/${seconds(0)}/`, `start/${seconds(500)}/end/${seconds(700)}/`]
      try {
        for (const { guid, packaging } of ENDPOINTS) {
          for (const window of windows) await read(`/out/v1/${guid}/${window}${PARENTS[packaging.container]}`)
        }
        return texts
      } finally {
        origin.close()
        await manifestWorker.close()
        server.close()
        server.closeAllConnections()
      }
    }

    it('is served as it was, and with what comes after', async () => {
      const before = new Map(
        Object.entries(JSON.parse(String(await readOlder('manifests.json'))) as Record<string, string>),
      )
      assert.deepEqual(await manifests(), before)
      await live(SEGMENTS, SEGMENTS + 20)
      const later = await manifests()
      for (const [name, text] of before) {
        if (/\/end\//.test(name)) assert.equal(later.get(name), text, name)
        else if (name.endsWith('.m3u8')) assert.ok(later.get(name)?.startsWith(text), name)
        else assert.ok((later.get(name)?.length ?? 0) > text.length, name)
      }
      now = utcMs(now + 2 * 86_400_000)
      await archive.retain()
      assert.deepEqual(await archive.usage(), [], 'it is forgotten like any other')
    })
  })
}
