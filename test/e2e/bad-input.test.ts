import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import {
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  type Ingest,
  mediaPackage,
} from '../judges/aws.ts'
import { type Answer, DigestClient } from '../judges/digest-client.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { eventually, freePort } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { seededRandom } from '../judges/random.ts'
import { openS3 } from '../judges/s3.ts'
import { run, SegmentLineup } from '../judges/segment-lineup.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'

const { after, before, describe, it } = needing('ffmpeg', 'swift')

const MIB = 2 ** 20
const SEGMENT_LIMIT = MIB
const HOUR_MS = 3_600_000

describe('bad input', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  let loop: LoopRendition[]
  let lineup: SegmentLineup
  let healthy: Pusher
  let healthyUrl: string
  let stopping = false
  let pushing: Promise<void>
  before(async () => {
    loop = await encodeLoop()
    lineup = new SegmentLineup(loop)
    windrow = await Windrow.start({ environment: { WINDROW_MAX_SEGMENT_SIZE: '1MiB' } })
    client = mediaPackage(windrow)
    healthy = new Pusher(await createChannel(client, 'healthy'), loop, Date.now() - HOUR_MS)
    healthyUrl = await createHlsEndpoint(client, 'healthy', 'healthy', {
      SegmentDurationSeconds: 1,
      PlaylistWindowSeconds: 300,
    })
    await healthy.pushParent()
    pushing = (async () => {
      while (!stopping) {
        await healthy.pushNext()
        await sleep(100)
      }
    })()
    pushing.catch(() => {})
  })
  after(async () => {
    stopping = true
    await windrow?.kill()
    healthy?.close()
  })

  /** A channel of its own, with some good segments in it. */
  async function victim(name: string, good = 5): Promise<{ pusher: Pusher; ingest: Ingest; url: string }> {
    const ingest = await createChannel(client, name)
    const settings = { SegmentDurationSeconds: 1, PlaylistWindowSeconds: 300 }
    const url = await createHlsEndpoint(client, name, name, settings)
    const pusher = new Pusher(ingest, loop, Date.now() - HOUR_MS)
    await pusher.pushParent()
    for (let count = 0; count < good; count++) await pusher.pushNext()
    return { pusher, ingest, url }
  }

  describe('in place of a segment', () => {
    it('leaves out what no rendition has in a usable form, with a discontinuity, and goes on', async () => {
      const { pusher, url } = await victim('noise')
      const random = seededRandom(1)
      for (const { name } of loop) {
        const { status } = await pusher.put(segmentName(name, 5), random.bytes(188 * 20))
        assert.equal(status, 201)
        await pusher.pushPlaylist(name, 5)
      }
      pusher.published = 6
      for (let count = 0; count < 4; count++) await pusher.pushNext()
      await lineup.becomes(url, '0 1 2 3 4 | 6 7 8 9')
    })

    it('shows a gap in the rendition that is damaged, and the others as they are', async () => {
      const { pusher, url } = await victim('half')
      const [damaged, whole] = loop as [LoopRendition, LoopRendition]
      await pusher.put(segmentName(damaged.name, 5), Buffer.alloc(188 * 10))
      await pusher.put(segmentName(whole.name, 5), whole.segment(5))
      for (const { name } of loop) await pusher.pushPlaylist(name, 5)
      pusher.published = 6
      for (let count = 0; count < 4; count++) await pusher.pushNext()
      await lineup.becomes(url, '0 1 2 3 4 gap 6 7 8 9', '0 1 2 3 4 5 6 7 8 9')
    })

    it('takes cut and mutated segments without harm to those around them', async () => {
      const { pusher, url } = await victim('mutations', 2)
      const random = seededRandom(20261123)
      for (let round = 0; round < 30; round++) {
        const number = pusher.published
        for (const rendition of loop) {
          const damaged = mutated(rendition.segment(number), random)
          const { status } = await pusher.put(segmentName(rendition.name, number), damaged)
          assert.equal(status, 201)
          await pusher.pushPlaylist(rendition.name, number)
        }
        pusher.published++
        await pusher.pushNext()
      }
      const good = Array.from({ length: 31 }, (_, round) => `${round * 2 + 1}`)
      await eventually('every good segment to be listed', async () => {
        const lines = await lineup.of(url)
        return lines.every((line) => good.every((number) => line.split(' ').includes(number))) || undefined
      })
    })
  })

  describe('in place of a playlist', () => {
    let shared: Awaited<ReturnType<typeof victim>>
    before(async () => {
      shared = await victim('playlists')
    })
    const media = (...lines: string[]) => ['#EXTM3U', '#EXT-X-TARGETDURATION:1', ...lines, ''].join('\n')
    for (const [what, body] of Object.entries({
      'an empty body': '',
      'a page of HTML': '<html><body>It works!</body></html>',
      'no duration at all': '#EXTM3U\n#EXTINF:-1,\nchannel-big-00000.ts\n',
      'a media sequence beyond all numbers': media('#EXT-X-MEDIA-SEQUENCE:99999999999999999999', '#EXTINF:1,', 'a.ts'),
      'a segment outside the folder': media('#EXTINF:1,', '../../../../etc/passwd'),
      'a segment hidden behind percent signs': media('#EXTINF:1,', '..%2f..%2fsecret.ts'),
      'a segment on another server': media('#EXTINF:1,', 'http://127.0.0.2/a.ts'),
      'a segment that is a file URL': media('#EXTINF:1,', 'file:///etc/passwd'),
      '21 streams': [
        '#EXTM3U',
        ...Array.from({ length: 21 }, (_, n) => `#EXT-X-STREAM-INF:BANDWIDTH=9\n${n}.m3u8`),
        '',
      ].join('\n'),
      'bytes that are no text': Buffer.concat([Buffer.from('#EXTM3U\n'), seededRandom(3).bytes(300)]),
    })) {
      it(`is refused with 400 and a reason: ${what}`, async () => {
        const { pusher, url } = shared
        const name = what.includes('stream') ? 'channel.m3u8' : 'channel-big.m3u8'
        const { status, body: reason } = await pusher.put(name, Buffer.from(body))
        assert.equal(status, 400, `${what}: ${reason}`)
        assert.match(reason, /\w+ \w+/)
        await pusher.pushNext()
        await lineup.becomes(url, run(0, pusher.published - 1))
      })
    }
  })

  describe('in a tag on which nothing depends', () => {
    const SLIPS: Readonly<Record<string, (text: string) => string>> = {
      'blanks behind colons': (text) => text.replaceAll(/^(#EXT[A-Z-]+):/gm, '$1: '),
      'no #EXTM3U': (text) => text.replace('#EXTM3U\n', ''),
      'no target duration': (text) => text.replace(/#EXT-X-TARGETDURATION.*\n/, ''),
      'a date that is none': (text) => text.replaceAll(/(DATE-TIME:).*/g, '$1yesterday'),
      'a duration that is no number': (text) => text.replace(/#EXTINF:.*/, '#EXTINF:soon,'),
      'a late tag': (text) => `${text}#EXT-X-DISCONTINUITY-SEQUENCE:0\n`,
    }
    it('costs no segment', async () => {
      const { pusher, url } = await victim('slips', 2)
      for (const [what, slip] of Object.entries(SLIPS)) {
        const number = pusher.published
        for (const rendition of loop) {
          const { name } = rendition
          await pusher.put(segmentName(name, number), rendition.segment(number))
          const text = slip(pusher.playlist(name, number).toString())
          const { status } = await pusher.put(`channel-${name}.m3u8`, Buffer.from(text))
          assert.equal(status, 201, what)
        }
        pusher.published++
      }
      await lineup.becomes(url, run(0, pusher.published - 1))
    })
  })

  describe('in a path', () => {
    const NAMES = [
      '../escape.ts',
      '..%2fescape.ts',
      '%2e%2e/escape.ts',
      '%2e%2e%2f%2e%2e%2fescape.ts',
      '..\\escape.ts',
      'a/../../escape.ts',
      'nul%00.ts',
      `${'a'.repeat(5000)}.ts`,
    ]
    const OPAQUE = ['%5c..%5cescape.ts', 'folder/escape.ts', '%', '%zz.ts', '.hidden.ts']
    it('is refused, or a name that is no path on disk: nothing is written anywhere else', async () => {
      const { pusher, ingest } = await victim('paths', 1)
      const before = escaped(windrow.dataFolder)
      const folder = ingest.url.slice(0, ingest.url.lastIndexOf('/') + 1)
      for (const name of NAMES) {
        for (const method of ['PUT', 'DELETE', 'MKCOL']) {
          const sending = method === 'PUT' ? { body: Buffer.from('x') } : {}
          const { status } = await pusher.client.send(method, folder + name, sending)
          assert.ok(status >= 400 && status < 500, `${method} ${name} was answered ${status}`)
        }
      }
      for (const name of OPAQUE) {
        const { status } = await pusher.client.send('PUT', folder + name, { body: Buffer.from('x') })
        assert.equal(status, 201, name)
      }
      assert.deepEqual(escaped(windrow.dataFolder), before)
    })
    it('reads nothing but what is served', async () => {
      const base = healthyUrl.slice(0, healthyUrl.lastIndexOf('/') + 1)
      const reader = new DigestClient('', '')
      for (const name of ['../../../windrow.db', '..%2f..%2f..%2fwindrow.db', '%2e%2e/index.m3u8', 'index_1_%2e.ts']) {
        const { status } = await reader.send('GET', base + name)
        assert.ok(status === 400 || status === 404, `GET ${name} was answered ${status}`)
      }
      reader.close()
    })
  })

  describe('in credentials', () => {
    it('is answered 401 and leaves nothing behind', async () => {
      const { pusher, ingest, url } = await victim('locked', 3)
      const other = await createChannel(client, 'other')
      const intruders = {
        'a wrong password': new DigestClient(ingest.username, `${ingest.password}x`),
        'a wrong password in MD5': new DigestClient(ingest.username, 'guess', { algorithm: 'MD5' }),
        'an unknown user': new DigestClient('nobody', ingest.password),
        "another channel's pair": new DigestClient(other.username, other.password),
      }
      for (const [who, intruder] of Object.entries(intruders)) {
        const target = pusher.urlOf('channel-big.m3u8')
        const { status, headers } = await intruder.send('PUT', target, { body: pusher.playlist('big', 0, true) })
        assert.equal(status, 401, who)
        assert.match(headers['www-authenticate'] ?? '', /^Digest /)
        intruder.close()
      }
      for (const authorization of ['Basic dTpw', 'Digest', 'Digest username="', `Digest ${'x'.repeat(10_000)}`]) {
        const headers = { Authorization: authorization }
        const { status } = await fetch(pusher.urlOf('channel-big-00003.ts'), { method: 'PUT', headers, body: 'x' })
        assert.equal(status, 401, authorization.slice(0, 30))
      }
      await pusher.pushNext()
      await lineup.becomes(url, '0 1 2 3')
    })
    it('is refused by the API as well', async () => {
      const { url, accessKeyId } = windrow
      const stranger = mediaPackage({ url, accessKeyId, secretAccessKey: 'not-the-secret-that-was-configured' })
      const status = await createChannel(stranger, 'stolen').then(
        () => 200,
        (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
      )
      assert.equal(status, 403)
    })
  })

  describe('without measure', () => {
    it('is answered 413 before it is read when its length is told, and cut off when not', async () => {
      const { pusher, url } = await victim('flood', 3)
      const used = sizeBelow(windrow.dataFolder)
      const told = await pusher.put('channel-big-00003.ts', Buffer.alloc(SEGMENT_LIMIT + 1))
      assert.equal(told.status, 413)
      let sent = 0
      async function* flood() {
        const piece = Buffer.alloc(64 * 1024, 0x47)
        for (; sent < 200 * MIB; sent += piece.length) yield piece
      }
      const undeclared = await pusher.client
        .send('PUT', pusher.urlOf('channel-big-00003.ts'), { body: flood() })
        .catch((error: Error): Answer => ({ status: 0, headers: {}, body: error.message }))
      assert.ok(undeclared.status === 413 || undeclared.status === 0, `was answered ${undeclared.status}`)
      assert.ok(sent < 100 * MIB, `took ${sent / MIB} MiB`)
      const playlist = await pusher.put('channel-big.m3u8', Buffer.alloc(20 * MIB, '#EXTINF:1,\na.ts\n'))
      assert.equal(playlist.status, 413)
      assert.ok(sizeBelow(windrow.dataFolder) - used < 8 * MIB, 'something half-written is left')
      await pusher.pushNext()
      await lineup.becomes(url, '0 1 2 3')
    })
    it('is answered 429 when it comes too often, until it comes less often', async () => {
      const slow = await Windrow.start({ environment: { WINDROW_INGEST_REQUESTS_PER_SECOND: '1' } })
      const pusher = new Pusher(await createChannel(mediaPackage(slow), 'hasty'), loop, Date.now() - HOUR_MS)
      const answers: Answer[] = []
      for (let count = 0; count < 30; count++) answers.push(await pusher.put('channel-big-00000.ts', Buffer.from('x')))
      const refused = answers.filter(({ status }) => status !== 201)
      assert.ok(refused.length > 0 && refused.length < 30, `${refused.length} of 30 were refused`)
      for (const { status, headers } of refused) {
        assert.equal(status, 429)
        assert.ok(Number(headers['retry-after']) > 0)
      }
      await sleep(1000 * Number(refused.at(-1)!.headers['retry-after']))
      assert.equal((await pusher.put('channel-big-00000.ts', Buffer.from('x'))).status, 201)
      pusher.close()
      await slow.stop()
    })
    it('is refused by the API as well', async () => {
      const body = `{"id":"${'x'.repeat(5 * MIB)}"}`
      const answer = await fetch(`${windrow.url}/channels`, { method: 'POST', body }).catch(() => undefined)
      assert.ok(answer === undefined || (answer.status >= 400 && answer.status < 500), `${answer?.status}`)
    })
  })

  it('has not touched another channel, nor filled the memory', async () => {
    stopping = true
    await pushing
    const last = healthy.published - 1
    await lineup.becomes(healthyUrl, run(Math.max(0, last - 299), last))
    assert.ok(windrow.alive)
    assert.ok(windrow.peakMemory < 400, `${windrow.peakMemory} MiB`)
  })

  describe('in place of a bucket', () => {
    let swift: S3Server
    before(async () => {
      swift = await startSwift()
      await openS3(swift).makeBucket('clips')
    })
    after(() => swift?.stop())

    /** Harvests from the archive of the tests above; gives what the log says about the failure. */
    async function failure(id: string, bucket: string, environment: Readonly<Record<string, string>>): Promise<string> {
      assert.equal(await windrow.stop(), 0)
      await windrow.start(environment)
      const before = windrow.log.length
      const window = { startTime: iso(healthy.dateOf(1)), endTime: iso(healthy.dateOf(4)) }
      await createHarvestJob(client, id, 'healthy', window, bucket, 'clip/index.m3u8')
      assert.equal(await harvestOutcome(client, id), 'FAILED')
      return windrow.log.slice(before)
    }
    const s3 = () => harvestsTo(swift)

    it('FAILS the job and says that the bucket is not there', async () => {
      assert.match(await failure('no-bucket', 'nowhere', s3()), /no bucket nowhere/)
    })
    it('FAILS the job and says that the credentials are wrong', async () => {
      const environment = { ...s3(), WINDROW_S3_SECRET_ACCESS_KEY: 'guessed' }
      assert.match(await failure('wrong-secret', 'clips', environment), /credentials.*SignatureDoesNotMatch/)
    })
    it('FAILS the job and says that nobody answers', async () => {
      const nowhere = { WINDROW_S3_ENDPOINT: `http://127.0.0.1:${await freePort()}`, WINDROW_HARVEST_ATTEMPTS: '1' }
      const environment = { ...s3(), ...nowhere }
      assert.match(await failure('nobody-there', 'clips', environment), /does not answer.*ECONNREFUSED/)
    })
    it('FAILS the job when the folder of the bucket is a file', async () => {
      const folder = windrow.bucketFolder('blocked')
      mkdirSync(dirname(folder), { recursive: true })
      writeFileSync(folder, 'in the way')
      const environment = { WINDROW_HARVEST_STORE: 'folder' }
      assert.match(await failure('blocked', 'blocked', environment), /blocked/)
    })
    it('leaves the archive as it was: the same harvest into a good bucket succeeds', async () => {
      const window = { startTime: iso(healthy.dateOf(1)), endTime: iso(healthy.dateOf(4)) }
      await createHarvestJob(client, 'good', 'healthy', window, 'clips', 'clip/index.m3u8')
      assert.equal(await harvestOutcome(client, 'good'), 'SUCCEEDED')
    })
  })
})

/** Cut, noise, or packets taken out or exchanged, in one of many places. */
function mutated(segment: Buffer, random: ReturnType<typeof seededRandom>): Buffer {
  const bytes = Buffer.from(segment)
  const at = random.integer(0, bytes.length - 1)
  switch (random.integer(0, 4)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      random.bytes(Math.min(200, bytes.length - at)).copy(bytes, at)
      return bytes
    case 2:
      for (let flips = 0; flips < 20; flips++) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
      return bytes
    case 3:
      return bytes.subarray(at)
    default:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(random.integer(1, 400)), bytes.subarray(at)])
  }
}

const iso = (date: number): string => new Date(date).toISOString()

/** Files of a telling name, in the data folder and wherever dots would lead from it. */
function escaped(dataFolder: string): string[] {
  const inside = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
  return [...inside, ...readdirSync(dirname(dataFolder)), ...readdirSync('/')].filter((name) =>
    /escape|hidden|nul/.test(name),
  )
}

function sizeBelow(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}
