import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { utcMs } from '../../src/media/time.ts'
import { eventually } from '../judges/processes.ts'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import { needing } from '../programs.ts'
import { startIngest } from './ingest-server.ts'
import { makeSource } from './source-media.ts'

const { after, before, describe, it } = needing('ffmpeg')

const run = promisify(execFile)

describe('ffmpeg -f hls -method PUT', () => {
  let folder: string
  let source: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-ffmpeg-'))
    source = await makeSource(4)
  })
  after(() => rm(folder, { recursive: true }))

  // Two renditions and a parent, cut every half second; nothing in them depends on the clock.
  const MAPS = ['-map', '0:v', '-map', '0:a', '-map', '0:v', '-map', '0:a', '-c', 'copy']
  const HLS = ['-f', 'hls', '-hls_time', '0.5', '-hls_list_size', '4', '-hls_flags', 'delete_segments']
  const LADDER = ['-var_stream_map', 'v:0,a:0 v:1,a:1', '-master_pl_name', 'channel.m3u8']

  /** The segments and playlists ffmpeg makes of the source, in a folder of its own. */
  async function ownCopy(name: string): Promise<Map<string, Buffer>> {
    const own = join(folder, name)
    await mkdir(own)
    const keepAll = HLS.with(HLS.indexOf('4'), '0').slice(0, -2)
    await run('ffmpeg', ['-v', 'error', '-i', source, ...MAPS, ...keepAll, ...LADDER, join(own, 'channel_%v.m3u8')])
    const names = (await readdir(own)).filter((file) => file.endsWith('.ts'))
    return new Map(await Promise.all(names.map(async (file) => [file, await readFile(join(own, file))] as const)))
  }

  for (const persistent of ['0', '1']) {
    it(`loses no segment past the lifetime of its nonces, with -http_persistent ${persistent}`, async () => {
      const own = await ownCopy(`own-${persistent}`)
      assert.ok(own.size >= 16, `${own.size} segments`)
      // Time passes with what is stored. A nonce lives for ten objects: more than ffmpeg has under way at once, and so
      // more than can be stored between a challenge and its answer, which ffmpeg does not try again.
      let stored = 0
      const clock = () => utcMs(1_800_000_000_000 + 100 * stored)
      const server = await startIngest({ clock, limits: { nonceLifetimeMs: 1000 } })
      server.archive.at = async (step) => {
        if (step === 'segment' || step === 'playlist') stored++
      }
      const puts = ['-method', 'PUT', '-http_persistent', persistent]
      try {
        const push = [
          '-v',
          'error',
          '-re',
          '-i',
          source,
          ...MAPS,
          ...HLS,
          ...puts,
          ...LADDER,
          `${server.url}channel_%v.m3u8`,
        ]
        await run('ffmpeg', push, { timeout: TIMEOUT_MS })
        // It ends without waiting for answers: what it sent last may not have been taken from its connection yet.
        const { archive } = server
        const haveEnded = () => new Set(archive.playlists.flatMap(({ name, ended }) => (ended ? name : []))).size
        const isThere = () => archive.files().size >= own.size && haveEnded() === 2
        await eventually('all that ffmpeg has sent', () => isThere() || undefined)
      } finally {
        await server.close()
      }
      assert.ok(stored > 30, `no nonce had time to expire while ${stored} objects were stored`)

      const { archive } = server
      assert.deepEqual([...archive.files().keys()].toSorted(), [...own.keys()].toSorted())
      for (const [name, bytes] of own) assert.ok(archive.files().get(name)?.equals(bytes), name)
      assert.deepEqual(
        archive.segments.filter(({ object }) => object.problem !== undefined),
        [],
      )
      assert.deepEqual([archive.unfinished, archive.aborted], [0, 0])

      assert.deepEqual(
        archive.parents.at(-1)?.map(({ index, playlist }) => [index, playlist]),
        [
          [1, 'channel_0.m3u8'],
          [2, 'channel_1.m3u8'],
        ],
      )
      const listed = new Set(archive.playlists.flatMap(({ segments }) => segments.map(({ name }) => name)))
      assert.deepEqual([...listed].toSorted(), [...own.keys()].toSorted())
    })
  }

  it('with a wrong password gets nothing in, and harms nobody', async () => {
    const server = await startIngest()
    try {
      const url = server.url.replace(/:[0-9a-f]+@/, ':wrong@')
      const push = ['-v', 'error', '-i', source, ...MAPS, ...HLS, '-method', 'PUT', ...LADDER, `${url}channel_%v.m3u8`]
      await run('ffmpeg', push, { timeout: TIMEOUT_MS }).catch(() => {})
    } finally {
      await server.close()
    }
    const { archive, lines } = server
    assert.deepEqual([archive.segments, archive.playlists, archive.parents], [[], [], []])
    assert.deepEqual(
      lines.filter(({ level }) => level === 'error'),
      [],
    )
    assert.ok(lines.some(({ message }) => message === 'wrong ingest credentials'))
  })
})
