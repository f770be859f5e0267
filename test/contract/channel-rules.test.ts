import { after, before, describe, it } from 'node:test'
import { ACCOUNT_ID, REGION } from './control-under-test.ts'
import { type Asker, type Row, startAsker } from './rules-asker.ts'

/** Bodies of CreateChannel, without the id where the row has none. */
const CHANNELS: readonly Row[] = [
  [{}, 'id: is required'],
  [{ id: '' }, 'id: must be 1 to 256 letters'],
  [{ id: 'with space' }, 'id'],
  [{ id: 'a/../b' }, 'id'],
  [{ id: 'a\n' }, 'id'],
  [{ id: 'x'.repeat(257) }, 'id'],
  [{ id: 7 }, 'id: must be a string, got a number'],
  [{ id: 'a', description: 'x'.repeat(1025) }, 'description: must be at most 1024 characters, got 1025'],
  [{ id: 'a', description: '\ud800' }, 'description: must be Unicode'],
  [{ id: 'a', description: ['x'] }, 'description: must be a string, got a list'],
  [{ id: 'a', tags: [] }, 'tags: must be an object, got a list'],
  [{ id: 'a', tags: { k: 1 } }, 'tags["k"]: must be a string, got a number'],
  [{ id: 'a', tags: { '': 'v' } }, 'tags[""]: a key must have 1 to 128 characters'],
  [{ id: 'a', tags: { ['k'.repeat(129)]: 'v' } }, `tags["${'k'.repeat(100)}"…]: a key must have 1 to 128 characters`],
  [{ id: 'a', tags: { k: 'v'.repeat(257) } }, 'tags["k"]: a value must have at most 256 characters'],
  [{ id: 'a', tags: { 'aws:k': 'v' } }, 'tags["aws:k"]: a key must not begin with "aws:"'],
  [{ id: 'a', tags: { 'k?': 'v' } }, 'tags["k?"]: a key must consist of'],
  [{ id: 'a', tags: { k: 'v;' } }, 'tags["k"]: a value must consist of'],
  [
    { id: 'a', tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [n, ''])) },
    'tags: a resource must have at',
  ],
]

/** Requests of the other operations. */
const OTHERS: readonly (readonly [method: string, path: string, body: object, refused: string])[] = [
  ['PUT', '/channels/main', { description: 'x'.repeat(1025) }, 'description'],
  ['PUT', '/channels/main/configure_logs', { egressAccessLogs: 'on' }, 'egressAccessLogs: must be an object'],
  [
    'PUT',
    '/channels/main/configure_logs',
    { ingressAccessLogs: { logGroupName: '/aws/other' } },
    'ingressAccessLogs.logGroupName: must be /aws/MediaPackage/',
  ],
  [
    'PUT',
    '/channels/main/configure_logs',
    { egressAccessLogs: { logGroupName: `/aws/MediaPackage/${'x'.repeat(239)}` } },
    'egressAccessLogs.logGroupName',
  ],
  ['DELETE', '/channels/main', {}, 'id: the channel "main" has origin endpoints'],
  ['PUT', '/origin_endpoints/hls', { hlsPackage: { segmentDurationSeconds: 0 } }, 'hlsPackage.segmentDurationSeconds'],
  [
    'PUT',
    '/origin_endpoints/hls',
    { cmafPackage: {} },
    'cmafPackage: the package type cannot be changed from hlsPackage',
  ],
  ['PUT', '/origin_endpoints/hls', { whitelist: ['x'] }, 'whitelist[0]'],
  ['POST', '/tags/channels', { tags: {} }, 'resourceArn: must be the ARN of a channel or origin endpoint'],
  [
    'POST',
    `/tags/${encodeURIComponent(`arn:aws:mediapackage:${REGION}:${ACCOUNT_ID}:harvest_jobs/x`)}`,
    { tags: {} },
    'resourceArn: harvest jobs have no tags',
  ],
  ['POST', '/tags/arn', {}, 'tags: is required'],
  ['DELETE', '/tags/arn', {}, 'tagKeys: is required'],
  ['GET', '/channels?maxResults=0', {}, 'maxResults: must be between 1 and 1000, got 0'],
  ['GET', '/channels?maxResults=1001', {}, 'maxResults'],
  ['GET', '/channels?maxResults=ten', {}, 'maxResults: must be a whole number'],
  ['GET', '/channels?maxResults=1&maxResults=2', {}, 'maxResults: must be given only once'],
  ['GET', '/channels?nextToken=abc', {}, 'nextToken'],
  ['GET', '/channels?nextToken=', {}, 'nextToken'],
  ['GET', '/harvest_jobs?includeStatus=DONE', {}, 'includeStatus: must be one of FAILED, IN_PROGRESS, SUCCEEDED'],
]

describe('what breaks a rule of channels, updates, tags or listings is refused with its path', () => {
  let asker: Asker

  before(async () => {
    asker = await startAsker()
    await asker.made('/channels', { id: 'main' })
    await asker.made('/origin_endpoints', { id: 'hls', channelId: 'main', hlsPackage: {} })
  })
  after(() => asker.control.close())

  for (const [body, rule] of CHANNELS) {
    it(`CreateChannel: ${rule}`, () => asker.refused('POST', '/channels', body, rule))
  }
  for (const [method, target, body, rule] of OTHERS) {
    it(`${method} ${target}: ${rule}`, () => asker.refused(method, target, body, rule))
  }
})
