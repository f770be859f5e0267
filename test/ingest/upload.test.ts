import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ArchiveFull } from '../../src/archive/quota.ts'
import type { ListenerLimits } from '../../src/http/listener-limits.ts'
import type { IngestLimits } from '../../src/ingest/ingest-limits.ts'
import { utcMs } from '../../src/media/time.ts'
import { needing } from '../programs.ts'
import { DigestClient } from './digest-client.ts'
import { FOLDER, type IngestServer, startIngest } from './ingest-server.ts'
import { makeSource } from './source-media.ts'

const { after, afterEach, before, beforeEach, describe, it } = needing('ffmpeg')

let folder: string
let source: Buffer
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windrow-upload-'))
  source = await readFile(await makeSource(1))
})
after(() => rm(folder, { recursive: true, force: true }))

type Setup = {
  limits?: Partial<IngestLimits>
  listenerLimits?: Partial<ListenerLimits>
  clock?: () => never
  nonceKey?: Uint8Array
}

async function withServer(setup: Setup, work: (server: IngestServer, client: DigestClient) => Promise<void>) {
  const server = await startIngest(setup)
  const client = new DigestClient(server.port)
  try {
    await client.challenge()
    await work(server, client)
  } finally {
    client.close()
    await server.close()
  }
}

/** Sends the head of a signed PUT and leaves the body to the test. */
async function beginPut(server: IngestServer, client: DigestClient, name: string, head: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const authorization = client.authorization('PUT', FOLDER + name)
  socket.write(`PUT ${FOLDER}${name} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${head}\r\n\r\n`)
  return socket
}

async function answerOf(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.toString('latin1').split('\r\n', 1)[0] ?? ''
}

/** Resolves when the archive is asked for its next step of this kind. */
function reached(server: IngestServer, step: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.archive.at = async (at) => {
    if (at === step) resolve()
  }
  return promise
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('a segment', () => {
  it('is kept byte for byte with what is known of it, by length and chunked', async () => {
    await withServer({ clock: () => utcMs(42_000) as never }, async (server, client) => {
      const lengths = [{}, { 'transfer-encoding': 'chunked' }]
      for (const headers of lengths) {
        assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: source, headers })).status, 201)
      }
      assert.equal(server.archive.segments.length, 2)
      for (const { object, bytes } of server.archive.segments) {
        assert.ok(bytes.equals(source))
        assert.equal(object.name, 'a.ts')
        assert.equal(object.size, source.length)
        assert.equal(object.crc32, crc32(source))
        assert.equal(object.tag, `tag-of-${object.key}`)
        assert.equal(object.sha256, createHash('sha256').update(source).digest('hex'))
        assert.equal(object.receivedAt, 42_000)
        assert.equal(object.problem, undefined)
        assert.deepEqual(
          object.probe?.tracks.map(({ kind }) => kind),
          ['video', 'audio'],
        )
        const { probe } = object
        assert.ok(probe?.container === 'mpeg-ts' && probe.startsWithKeyFrame)
        assert.ok(probe.times.every((track) => track && track.last > track.first && track.bytes > 1000))
        assert.equal(probe.keyFrames.length, 2)
      }
      assert.notEqual(server.archive.segments[0]?.object.key, server.archive.segments[1]?.object.key)
    })
  })

  it('is kept and answered 201 when it is of no use, with the problem, and the log hears of it once', async () => {
    await withServer({}, async (server, client) => {
      const cases: readonly [string, Uint8Array, RegExp][] = [
        ['empty.ts', Buffer.alloc(0), /^empty$/],
        ['text.ts', Buffer.from('no media at all'.repeat(100)), /no sync byte/],
        ['half.ts', source.subarray(100), /no sync byte/],
        ['sound.aac', source.subarray(100), /no timestamp|ADTS|sync/i],
        ['captions.vtt', Buffer.from('WEBVTTX'), /no WEBVTT signature/],
        ['noextension', source.subarray(100), /^not MPEG-TS, packed audio, WebVTT or JPEG/],
        ['init.mp4', Buffer.from('\0\0\0\x18ftypmp42'), /^fragmented MP4 is not accepted/],
        ['part.ts', Buffer.from('\0\0\0\x18moofxxxx'), /^fragmented MP4 is not accepted/],
      ]
      for (const [name, body, problem] of cases) {
        assert.equal((await client.signed('PUT', FOLDER + name, { body })).status, 201, name)
        const { object, bytes } = server.archive.segments.at(-1)!
        assert.ok(bytes.equals(body))
        assert.match(object.problem ?? '', problem)
        assert.equal(object.probe, undefined)
      }
      const faults = server.lines.filter(({ message }) => message === 'a segment cannot be shown')
      assert.equal(faults.length, 1)
    })
  })

  it('is what its bytes say, whatever its name', async () => {
    await withServer({}, async (server, client) => {
      for (const name of ['a.ts', 'sound.aac', 'noextension', 'text.vtt']) {
        assert.equal((await client.signed('PUT', FOLDER + name, { body: source })).status, 201)
        assert.equal(server.archive.segments.at(-1)!.object.probe?.container, 'mpeg-ts', name)
      }
    })
  })

  it('with more tracks than the limit is kept as of no use', async () => {
    await withServer({ limits: { maxTracks: 1 } }, async (server, client) => {
      assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: source })).status, 201)
      assert.equal(server.archive.segments[0]?.object.problem, '2 tracks; at most 1 are allowed')
    })
  })

  it('is answered only when the archive has it', async () => {
    await withServer({}, async (server, client) => {
      const [arrived, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      server.archive.at = async (step) => {
        if (step !== 'segment') return
        arrived.resolve()
        await gate.promise
      }
      let answered = false
      const put = client.signed('PUT', `${FOLDER}a.ts`, { body: source }).then(({ status }) => {
        answered = status === 201
      })
      await arrived.promise
      const other = new DigestClient(server.port)
      await other.challenge()
      other.close()
      assert.equal(answered, false)
      gate.resolve()
      await put
      assert.equal(answered, true)
    })
  })

  it('of a channel, or into an archive, that is full is answered 507 with the limit', async () => {
    for (const scope of ['channel', 'archive'] as const) {
      await withServer({}, async (server, client) => {
        server.archive.at = async (at) => {
          if (at === 'create') throw new ArchiveFull(scope, 1_000_000)
        }
        const { status, headers, text } = await client.signed('PUT', `${FOLDER}a.ts`, { body: source })
        assert.deepEqual([status, headers['x-windrow-error'], headers['retry-after']], [507, 'ArchiveFull', '10'])
        assert.match(text, new RegExp(`^The ${scope} is full: it keeps at most 1000000 bytes`))
      })
    }
  })

  it('into a channel that was deleted meanwhile is not answered 201', async () => {
    for (const [name, step, body] of [
      ['a.ts', 'create', source],
      ['a.ts', 'segment', source],
      ['a.m3u8', 'playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n'],
    ] as const) {
      await withServer({}, async (server, client) => {
        server.archive.at = async (at) => {
          if (at === step) server.deleteChannel()
        }
        const { status, headers } = await client.signed('PUT', FOLDER + name, { body })
        assert.deepEqual([status, headers['x-windrow-error']], [404, 'ChannelDeleted'])
      })
    }
  })

  it('that is too long is refused with 413 and nothing kept, by length before its body and chunked in its middle', async () => {
    await withServer({ limits: { maxSegmentBytes: 1000 } }, async (server, client) => {
      const body = Buffer.alloc(1001)
      assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body })).status, 413)
      assert.deepEqual([server.archive.aborted, server.archive.segments.length], [0, 0])
      const headers = { 'transfer-encoding': 'chunked' }
      assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body, headers })).status, 413)
      assert.deepEqual([server.archive.aborted, server.archive.unfinished, server.archive.segments.length], [1, 0, 0])
      assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: body.subarray(1), headers })).status, 201)
    })
  })

  it('that is too long is refused while its body is held back, and the connection closed', async () => {
    await withServer({ limits: { maxSegmentBytes: 1000 } }, async (server, client) => {
      const socket = await beginPut(server, client, 'a.ts', 'Content-Length: 1001\r\nExpect: 100-continue')
      assert.equal(await answerOf(socket), 'HTTP/1.1 413 Payload Too Large')
      await once(socket.resume(), 'close')
    })
  })

  it('is asked for with 100 when the credentials are good', async () => {
    await withServer({}, async (server, client) => {
      const socket = await beginPut(server, client, 'a.ts', 'Content-Length: 5\r\nExpect: 100-continue')
      assert.equal(await answerOf(socket), 'HTTP/1.1 100 Continue')
      socket.write('12345')
      assert.equal(await answerOf(socket), 'HTTP/1.1 201 Created')
      socket.destroy()
    })
  })

  it('without credentials is refused before its body when the client waits, after it when it does not', async () => {
    await withServer({}, async (server) => {
      const ask = async (more: string) => {
        const socket = connect(server.port, '127.0.0.1')
        socket.write(`PUT ${FOLDER}a.ts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${more}\r\n`)
        assert.equal(await answerOf(socket), 'HTTP/1.1 401 Unauthorized')
        return socket
      }
      await once((await ask('Expect: 100-continue\r\n')).resume(), 'close')
      const eager = await ask('')
      eager.write('5\r\n12345\r\n0\r\n\r\n')
      eager.write(`OPTIONS ${FOLDER} HTTP/1.1\r\nHost: x\r\n\r\n`)
      assert.equal(await answerOf(eager), 'HTTP/1.1 401 Unauthorized')
      eager.destroy()
      assert.equal(server.archive.unfinished, 0)
    })
  })

  for (const [how, leave] of [
    ['closes', (socket: Socket) => socket.end()],
    ['breaks', (socket: Socket) => socket.resetAndDestroy()],
  ] as const) {
    for (const head of ['Content-Length: 100000', 'Transfer-Encoding: chunked']) {
      it(`whose connection ${how} in the middle leaves nothing (${head})`, async () => {
        await withServer({}, async (server, client) => {
          const written = reached(server, 'write')
          const socket = await beginPut(server, client, 'a.ts', head)
          socket.write('10\r\n0123456789abcdef\r\n')
          await written
          leave(socket)
          await until(() => server.archive.aborted === 1)
          assert.deepEqual([server.archive.unfinished, server.archive.segments.length], [0, 0])
          assert.deepEqual(
            server.lines.filter(({ level }) => level === 'error'),
            [],
          )
        })
      })
    }
  }

  it('that stalls is cut and leaves nothing, that trickles in is kept', async () => {
    await withServer({ listenerLimits: { stallMs: 2000 } }, async (server, client) => {
      const stalled = await beginPut(server, client, 'stalled.ts', 'Content-Length: 10')
      stalled.write('1234')
      const trickling = await beginPut(server, client, 'trickling.ts', 'Content-Length: 25')
      const trickle = async () => {
        // A byte comes much sooner than one may stall, and all of them take longer.
        for (let sent = 0; sent < 25; sent++) {
          trickling.write('x')
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      }
      const [answer] = await Promise.all([answerOf(trickling), trickle(), once(stalled.resume(), 'close')])
      assert.equal(answer, 'HTTP/1.1 201 Created')
      await until(() => server.archive.unfinished === 0)
      assert.deepEqual([...server.archive.files().keys()], ['trickling.ts'])
      trickling.destroy()
    })
  })

  for (const step of ['create', 'write', 'commit', 'segment'] as const) {
    it(`that cannot be stored is refused with a sentence: full disk at ${step}`, async () => {
      await withServer({}, async (server, client) => {
        server.archive.at = async (at) => {
          if (at === step) throw Object.assign(new Error('secret path'), { code: 'ENOSPC' })
        }
        const { status, text } = await client.signed('PUT', `${FOLDER}a.ts`, { body: source })
        assert.deepEqual([status, text], [507, 'There is no space left to store the body.\n'])
        assert.deepEqual([server.archive.unfinished, server.archive.segments.length], [0, 0])
        server.archive.at = async () => Promise.reject(new Error('index is locked'))
        const busy = await client.signed('PUT', `${FOLDER}a.ts`, { body: source })
        assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '1'])
        server.archive.at = async () => {}
        assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: source })).status, 201)
        assert.equal(server.lines.filter(({ message }) => /a body could not be stored/.test(message)).length, 1)
      })
    })
  }

  it('put under one name by several encoders at once is kept once for each', async () => {
    await withServer({}, async (server) => {
      const bodies = Array.from({ length: 8 }, (_, i) => Buffer.alloc(300_000, i))
      const answers = await Promise.all(
        bodies.map(async (body) => {
          const client = new DigestClient(server.port)
          await client.challenge()
          const { status } = await client.signed('PUT', `${FOLDER}same.ts`, { body })
          client.close()
          return status
        }),
      )
      assert.deepEqual(new Set(answers), new Set([201]))
      const kept = server.archive.segments.map(({ bytes }) => bytes).toSorted((a, b) => a[0]! - b[0]!)
      assert.deepEqual(
        kept.map((bytes, i) => bytes.equals(bodies[i]!)),
        bodies.map(() => true),
      )
    })
  })
})

describe('an encoder whose requests go to two processes in turn', () => {
  it('is challenged once when they have one key, and each accepts a count once', async () => {
    const setup = { nonceKey: randomBytes(32) }
    await withServer(setup, (_, one) =>
      withServer(setup, async (_, two) => {
        two.nonce = one.nonce
        for (let request = 1; request <= 10; request++) {
          const client = request % 2 === 0 ? one : two
          const change = { nc: request.toString(16) }
          assert.equal((await client.signed('PUT', `${FOLDER}${request}.ts`, { body: source, change })).status, 201)
          assert.equal((await client.signed('PUT', `${FOLDER}${request}.ts`, { body: source, change })).status, 401)
        }
      }),
    )
  })
})

describe('a playlist', () => {
  let server: IngestServer
  let client: DigestClient
  beforeEach(async () => {
    server = await startIngest({ limits: { maxPlaylistBytes: 2000 } })
    client = new DigestClient(server.port)
    await client.challenge()
  })
  afterEach(async () => {
    client.close()
    await server.close()
  })
  const put = (text: string | Uint8Array) => client.signed('PUT', `${FOLDER}channel.m3u8`, { body: text })

  it('of segments is published under its name', async () => {
    assert.equal((await put('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n')).status, 201)
    assert.equal(server.archive.playlists[0]?.name, 'channel.m3u8')
    assert.deepEqual(
      server.archive.playlists[0].segments.map(({ name }) => name),
      ['a.ts'],
    )
  })

  it('of streams is the parent', async () => {
    assert.equal((await put('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n')).status, 201)
    assert.deepEqual(
      server.archive.parents[0]?.map(({ playlist }) => playlist),
      ['low.m3u8'],
    )
  })

  const media = (uri: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${uri}\n`
  const variants = (count: number) =>
    `#EXTM3U\n${Array.from({ length: count }, (_, i) => `#EXT-X-STREAM-INF:BANDWIDTH=1\n${i}.m3u8\n`).join('')}`
  const REFUSED: readonly [string, string | Uint8Array, number, RegExp][] = [
    ['that is empty', '', 400, /^The playlist cannot be used, line 1: /],
    ['of nonsense', '<html>', 400, /^The playlist cannot be used, line 1: /],
    ['with a control character in a name', media('a\x01.ts'), 400, /^The playlist cannot be used, line 4: .*U\+0001/],
    [
      'without durations',
      media('a.ts').replaceAll(/:1/g, ':-1'),
      400,
      /^The playlist cannot be used, line 4: neither EXTINF nor/,
    ],
    [
      'that points elsewhere',
      media('../a.ts'),
      400,
      /^The playlist cannot be used, line 4: '\.\.\/a\.ts' names no file/,
    ],
    ['of too many streams', variants(21), 400, /^MaxIngestStreamsError: .*21 streams/],
    ['that is too long', `${media('a.ts')}#${'x'.repeat(2000)}\n`, 413, /2000 bytes/],
  ]
  for (const [what, text, status, reason] of REFUSED) {
    it(`${what} is refused with ${status} and the reason`, async () => {
      const answer = await put(text)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
      assert.match(answer.text, reason)
      assert.deepEqual([server.archive.parents, server.archive.playlists], [[], []])
      const code = answer.headers['x-windrow-error']
      assert.ok(code)
      assert.deepEqual(
        server.lines.map(({ message, fields }) => [message, (fields as { code?: string }).code]),
        [[status === 400 ? 'refused a playlist' : 'refused', code]],
      )
    })
  }

  it('that cannot be stored is not answered 201', async () => {
    server.archive.at = async () => Promise.reject(new Error('locked'))
    assert.equal((await put(media('a.ts'))).status, 503)
  })
})

describe('the rate of a channel', () => {
  it('is limited after authentication, with 429, the time to wait and nothing kept', async () => {
    let now = 1_800_000_000_000
    const limits = { requestsPerSecond: 50, requestBurst: 3 }
    await withServer({ limits, clock: () => now as never }, async (server, client) => {
      const put = () => client.signed('PUT', `${FOLDER}a.ts`, { body: source })
      for (let i = 0; i < 5; i++) await client.send('PUT', `${FOLDER}a.ts`, {}, 'no credentials')
      assert.deepEqual([(await put()).status, (await put()).status, (await put()).status], [201, 201, 201])
      const { status, headers } = await put()
      assert.deepEqual([status, headers['retry-after']], [429, '1'])
      assert.deepEqual([server.archive.segments.length, server.archive.unfinished], [3, 0])
      now += 20
      assert.deepEqual([(await put()).status, (await put()).status], [201, 429])
    })
  })
})
