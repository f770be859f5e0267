import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openApiDocument } from '../../src/control/openapi.ts'
import { DESCRIBED_APIS } from '../../src/control/openapi-mount.ts'
import { type ApiAnswer, type ApiDocument, differences } from './api-answers.ts'

const CLIP = {
  id: 'goal',
  channelId: 'main',
  startTime: '2026-03-04T12:00:00Z',
  endTime: '2026-03-04T12:01:00Z',
  cut: 'SEGMENT',
  createdAt: '2026-03-04T12:02:00.000Z',
  modifiedAt: '2026-03-04T12:02:00.000Z',
  pinnedBytes: 100,
  urls: { hls: 'https://live.example.com/index.m3u8' },
}
const HEADERS = { 'x-amzn-RequestId': 'x', etag: '"a-1"', 'content-type': 'application/json' }

const difference = differences(openApiDocument('0.0.0', DESCRIBED_APIS) as unknown as ApiDocument)

const answer = (changes: Partial<Omit<ApiAnswer, 'body'>> & { body?: object | string } = {}): ApiAnswer => {
  const { body = CLIP, ...rest } = changes
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method: 'GET', path: '/windrow/v1/clips/goal', status: 200, headers: HEADERS, ...rest, body: text }
}

describe('the judge of the API’s responses', () => {
  it('takes what the document describes, and what is no operation', () => {
    assert.equal(difference(answer()), undefined)
    const refused = { ...HEADERS, 'x-amzn-ErrorType': 'NotFoundException' }
    const { etag: _, ...headers } = refused
    assert.equal(difference(answer({ status: 404, headers, body: { message: 'There is none.' } })), undefined)
    assert.equal(difference(answer({ path: '/favicon.ico', status: 404, headers: {}, body: '' })), undefined)
    assert.equal(difference(answer({ method: 'PATCH', status: 405, headers: {}, body: '' })), undefined)
  })

  const { urls: _, ...withoutUrls } = CLIP
  const { etag: __, ...untagged } = HEADERS
  const refusal = { ...untagged, 'x-amzn-ErrorType': 'TooManyRequestsException' }
  const rows: readonly (readonly [string, Parameters<typeof answer>[0], RegExp])[] = [
    ['a member that is missing', { body: withoutUrls }, /^WindrowDescribeClip 200: .*'urls'/],
    ['a member that is not declared', { body: { ...CLIP, size: 1 } }, /additional properties.*"size"/],
    ['a member of another type', { body: { ...CLIP, pinnedBytes: '100' } }, /\/pinnedBytes must be integer/],
    ['a value that is none of its enumeration', { body: { ...CLIP, cut: 'SLICE' } }, /\/cut must be equal to one of/],
    ['a date that is none', { body: { ...CLIP, createdAt: 'yesterday' } }, /\/createdAt must match format "date-time"/],
    ['a status that is not declared', { status: 201 }, /WindrowDescribeClip 201: the status is not declared/],
    ['a header that is missing', { headers: untagged }, /the header ETag is missing/],
    [
      'an error of another status',
      { status: 404, headers: refusal, body: { message: 'Too many.' } },
      /404: the header x-amzn-ErrorType is TooManyRequestsException/,
    ],
    [
      'an entity tag that is not declared',
      { path: '/windrow/v1/clips', body: { clips: [] } },
      /WindrowListClips 200: the header ETag is not declared/,
    ],
    ['a body that cannot be read', { body: '{' }, /the body is no JSON: \{/],
    [
      'a status of files in folders that is not declared',
      { path: '/windrow/v1/harvest_jobs/goal/files/a/b.ts', status: 201 },
      /WindrowGetHarvestFile 201: the status is not declared/,
    ],
    ['a body that is not JSON', { headers: { ...HEADERS, 'content-type': 'text/html' } }, /the body is text\/html/],
    [
      'a body where there is none',
      { path: '/tags/arn', method: 'POST', status: 204, headers: untagged, body: '{}' },
      /TagResource 204: the body is not declared/,
    ],
  ]
  for (const [what, changes, said] of rows) {
    it(`notices ${what}`, () => assert.match(difference(answer(changes)) ?? 'nothing', said))
  }
})
