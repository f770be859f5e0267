/** Windows as MP4 files, for the asking. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { run, temporaryFolder } from '../judges/processes.ts'
import { seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const BUCKET = 'clips'
const HOUR_MS = 3_600_000
/** Several eras, and text that goes over from one segment into the next. */
const FIXTURES: readonly FixtureName[] = ['discontinuity', 'webvtt-renditions']

type Published = { readonly url: string; readonly begin: number }

describe('an MP4 file on request', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  let api: ApiClient
  const published = new Map<string, Published>()

  before(async () => {
    windrow = await Windrow.start({ environment: { WINDROW_MP4_ON_REQUEST: 'true', WINDROW_MAX_MP4_DURATION: '30m' } })
    client = mediaPackage(windrow)
    api = apiOf(windrow)
    for (const name of FIXTURES) {
      const begin = Date.now() - HOUR_MS
      await pushFixture(await createChannel(client, name), await fixture(name), begin)
      published.set(name, { url: await createHlsEndpoint(client, name, name), begin })
    }
  })
  after(() => windrow?.stop())

  /** The address of what lies between two seconds of a channel. */
  function address(name: string, from: number, to: number, more = ''): string {
    const { url, begin } = published.get(name)!
    const [start, end] = [from, to].map((seconds) => (begin + seconds * 1000) / 1000)
    return `${url.replace(/\.m3u8$/, '.mp4')}?start=${start}&end=${end}${more}`
  }

  async function harvested(name: string, from: number, to: number, cut: string): Promise<Buffer> {
    const { begin } = published.get(name)!
    const [startTime, endTime] = [from, to].map((seconds) => new Date(begin + seconds * 1000).toISOString())
    const id = `${name}-${cut}`
    const roleArn = 'arn:aws:iam::000000000000:role/harvest'
    const s3Destination = { bucketName: BUCKET, manifestKey: `${id}/index.mp4`, roleArn }
    const deliverables = [{ kind: 'MP4' }]
    const body = { id, originEndpointId: name, startTime, endTime, s3Destination, deliverables, cut }
    await api.ask('POST', 'harvest_jobs', { body })
    assert.equal(await harvestOutcome(client, id), 'SUCCEEDED', windrow.log)
    return readFileSync(join(windrow.bucketFolder(BUCKET), id, 'index.mp4'))
  }

  async function bytesOf(url: string, headers: Record<string, string> = {}): Promise<Buffer> {
    const response = await fetch(url, { headers })
    const body = Buffer.from(await response.arrayBuffer())
    assert.ok(response.ok, `${url}: ${response.status} ${body}`)
    return body
  }

  for (const name of FIXTURES) {
    it(`has the bytes that a harvest writes, whole and in parts: ${name}`, async () => {
      const random = seededRandom(11)
      for (const [cut, query, from, to] of [
        ['SEGMENT', '', 0, 600],
        ['FRAME', '&cut=frame', 2.5, 7.3],
      ] as const) {
        const url = address(name, from, to, query)
        const whole = await bytesOf(url)
        assert.equal(digestOf(whole), digestOf(await harvested(name, from, to, cut)), cut)
        const edges = [0, ...Array.from({ length: 6 }, () => random.integer(0, whole.length)), whole.length]
        const parts: Buffer[] = []
        for (const [i, start] of edges.toSorted((a, b) => a - b).entries()) {
          const end = edges.toSorted((a, b) => a - b)[i + 1] ?? start
          if (end > start) parts.push(await bytesOf(url, { Range: `bytes=${start}-${end - 1}` }))
        }
        assert.equal(digestOf(Buffer.concat(parts)), digestOf(whole), `${cut} in parts`)
      }
    })
  }

  it('is sought by ffmpeg over HTTP, and decodes whole', async () => {
    const url = address('webvtt-renditions', 0, 600)
    await run('ffmpeg', ['-v', 'error', '-xerror', '-i', url, '-map', '0:v', '-map', '0:a', '-f', 'null', '-'])
    const file = join(temporaryFolder('mp4'), 'whole.mp4')
    writeFileSync(file, await bytesOf(url))
    for (const seconds of ['4.1', '8']) {
      const [overHttp, ofFile] = await Promise.all([url, file].map((input) => pictureAt(input, seconds)))
      assert.ok(overHttp!.length > 40)
      assert.deepEqual(overHttp, ofFile, `the picture at ${seconds} s`)
    }
  })

  it('has the headers of a file, the same for HEAD, and again after a restart', async () => {
    const url = address('discontinuity', 0, 600)
    const response = await fetch(url)
    const { length } = Buffer.from(await response.arrayBuffer())
    const headers = headersOf(response)
    const stamp = (seconds: number) =>
      new Date(published.get('discontinuity')!.begin + seconds * 1000)
        .toISOString()
        .replace(/[-:]/g, '')
        .replace('.000', '')
    assert.equal(headers['content-type'], 'video/mp4')
    assert.equal(headers['content-length'], String(length))
    assert.equal(headers['accept-ranges'], 'bytes')
    assert.equal(headers['content-disposition'], `attachment; filename="discontinuity_${stamp(0)}_${stamp(600)}.mp4"`)
    assert.match(headers['etag'] ?? '', /^"[\w-]{27}"$/)
    assert.deepEqual(headersOf(await fetch(url, { method: 'HEAD' })), headers)
    await windrow.stop()
    await windrow.start()
    assert.deepEqual(headersOf(await fetch(url, { method: 'HEAD' })), headers)
    const other = await fetch(address('discontinuity', 0, 600, '&cut=frame'), { method: 'HEAD' })
    assert.notEqual(other.headers.get('etag'), headers['etag'])
  })

  it('answers conditions and ranges', async () => {
    const url = address('discontinuity', 0, 600)
    const { headers } = await fetch(url, { method: 'HEAD' })
    const etag = headers.get('etag')!
    const size = Number(headers.get('content-length'))
    for (const [given, status, contentRange] of [
      [{ 'If-None-Match': etag }, 304, null],
      [{ 'If-None-Match': '"other"' }, 200, null],
      [{ Range: 'bytes=10-19' }, 206, `bytes 10-19/${size}`],
      [{ Range: 'bytes=-5' }, 206, `bytes ${size - 5}-${size - 1}/${size}`],
      [{ Range: `bytes=${size}-` }, 416, `bytes */${size}`],
      [{ Range: 'bytes=0-1', 'If-Range': etag }, 206, `bytes 0-1/${size}`],
      [{ Range: 'bytes=0-1', 'If-Range': '"other"' }, 200, null],
      [{ Range: 'bytes=0-1,4-5' }, 200, null],
    ] as const) {
      const response = await fetch(url, { headers: given as Record<string, string> })
      await response.arrayBuffer()
      const shown = JSON.stringify(given)
      assert.equal(response.status, status, shown)
      assert.equal(response.headers.get('content-range'), contentRange, shown)
    }
  })

  const refused: readonly [string, string, number, string, RegExp][] = [
    ['without a window', '', 400, 'InvalidQuery', /start: must be given/],
    ['without an end', '?start=1', 400, 'InvalidQuery', /end: must be given/],
    ['with times in the wrong order', '?start=2026-01-01T00:00:00Z&end=1', 400, 'InvalidQuery', /must be after start/],
    ['with a cut that is none', '?start=1&end=2&cut=middle', 400, 'InvalidQuery', /cut: must be segment or frame/],
    ['of a window that is too long', '?start=1&end=1803', 400, 'WindowTooLong', /may be 1800 s long.*1802 s/],
    ['of what has been before', '?start=1&end=2', 404, 'OutsideStartoverWindow', /before the startover window/],
    ['of the future', '?start=4102444800&end=4102444900', 404, 'WindowNotYet', /begins after the newest content/],
  ]
  for (const [what, query, status, error, sentence] of refused) {
    it(`is refused ${what}`, async () => {
      const response = await fetch(published.get('discontinuity')!.url.replace('.m3u8', '.mp4') + query)
      assert.equal(response.status, status)
      assert.equal(response.headers.get('x-windrow-error'), error)
      assert.match(await response.text(), sentence)
    })
  }

  it('is refused where there is no media', async () => {
    const response = await fetch(address('discontinuity', -60, -30))
    assert.deepEqual([response.status, response.headers.get('x-windrow-error')], [404, 'NothingInWindow'])
  })
})

function headersOf(response: Response): Record<string, string> {
  const { date: _, connection: __, 'keep-alive': ___, ...headers } = Object.fromEntries(response.headers)
  return headers
}

async function pictureAt(input: string, seconds: string): Promise<string> {
  const args = ['-v', 'error', '-ss', seconds, '-i', input, '-frames:v', '1', '-map', '0:v', '-f', 'framemd5', '-']
  return (await run('ffmpeg', args)).toString().split('\n').at(-2) ?? ''
}

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
