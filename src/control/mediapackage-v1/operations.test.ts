import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as sdk from '@aws-sdk/client-mediapackage'
import type { Shape } from '../operation.ts'
import { OPERATIONS } from './operations.ts'

const CHANNEL = 'arn createdAt description egressAccessLogs hlsIngest id ingressAccessLogs tags'
const ENDPOINT =
  'arn authorization channelId cmafPackage createdAt dashPackage description hlsPackage id manifestName mssPackage ' +
  'origination startoverWindowSeconds tags timeDelaySeconds url whitelist'
const HARVEST_JOB = 'arn channelId createdAt endTime id originEndpointId s3Destination startTime status'

/** Input members by operation: `!` is required, `/` from the path, `?` from the query. */
const EXPECTED: Readonly<Record<string, readonly [http: string, input: string, output: string]>> = {
  ConfigureLogs: ['PUT channels/{id}/configure_logs 200', '/id! egressAccessLogs ingressAccessLogs', CHANNEL],
  CreateChannel: ['POST channels 200', 'id! description tags', CHANNEL],
  CreateHarvestJob: ['POST harvest_jobs 200', 'endTime! id! originEndpointId! s3Destination! startTime!', HARVEST_JOB],
  CreateOriginEndpoint: [
    'POST origin_endpoints 200',
    'channelId! id! authorization cmafPackage dashPackage description hlsPackage manifestName mssPackage origination ' +
      'startoverWindowSeconds tags timeDelaySeconds whitelist',
    ENDPOINT,
  ],
  DeleteChannel: ['DELETE channels/{id} 202', '/id!', ''],
  DeleteOriginEndpoint: ['DELETE origin_endpoints/{id} 202', '/id!', ''],
  DescribeChannel: ['GET channels/{id} 200', '/id!', CHANNEL],
  DescribeHarvestJob: ['GET harvest_jobs/{id} 200', '/id!', HARVEST_JOB],
  DescribeOriginEndpoint: ['GET origin_endpoints/{id} 200', '/id!', ENDPOINT],
  ListChannels: ['GET channels 200', '?maxResults ?nextToken', 'channels nextToken'],
  ListHarvestJobs: [
    'GET harvest_jobs 200',
    '?includeChannelId ?includeStatus ?maxResults ?nextToken',
    'harvestJobs nextToken',
  ],
  ListOriginEndpoints: ['GET origin_endpoints 200', '?channelId ?maxResults ?nextToken', 'nextToken originEndpoints'],
  ListTagsForResource: ['GET tags/{resourceArn} 200', '/resourceArn!', 'tags'],
  RotateChannelCredentials: ['PUT channels/{id}/credentials 200', '/id!', CHANNEL],
  RotateIngestEndpointCredentials: [
    'PUT channels/{id}/ingest_endpoints/{ingestEndpointId}/credentials 200',
    '/id! /ingestEndpointId!',
    CHANNEL,
  ],
  TagResource: ['POST tags/{resourceArn} 204', '/resourceArn! tags!', 'no body'],
  UntagResource: ['DELETE tags/{resourceArn} 204', '/resourceArn! ?tagKeys!', 'no body'],
  UpdateChannel: ['PUT channels/{id} 200', '/id! description', CHANNEL],
  UpdateOriginEndpoint: [
    'PUT origin_endpoints/{id} 200',
    '/id! authorization cmafPackage dashPackage description hlsPackage manifestName mssPackage origination ' +
      'startoverWindowSeconds timeDelaySeconds whitelist',
    ENDPOINT,
  ],
}

const PLACE = { path: '/', query: '?', body: '' }

describe('the operations of the SDK', () => {
  it('are the 19 of MediaPackage v1', () => {
    const found = OPERATIONS.map(({ name, method, segments, status, input, output }) => {
      const path = segments.map((segment) => (typeof segment === 'string' ? segment : `{${segment.label}}`)).join('/')
      const members = input.members.map((member) => PLACE[member.place] + member.name + (member.required ? '!' : ''))
      const answer = output ? output.members.map((member) => member.name).join(' ') : 'no body'
      return [name, [`${method} ${path} ${status}`, members.join(' '), answer]]
    })
    assert.deepEqual(Object.fromEntries(found), EXPECTED)
  })

  it('know all enumerations of the SDK', () => {
    const isEnumeration = (value: unknown): value is Record<string, string> =>
      typeof value === 'object' &&
      value !== null &&
      Object.getPrototypeOf(value) === Object.prototype &&
      Object.values(value).every((member) => typeof member === 'string')
    const expected = Object.values(sdk as Record<string, unknown>)
      .filter(isEnumeration)
      .map((enumeration) => Object.values(enumeration).sort().join())
    const found = new Set<string>()
    const visit = (shape: Shape) => {
      if (shape.kind === 'string' && shape.values) found.add([...shape.values].sort().join())
      if (shape.kind === 'list' || shape.kind === 'map') visit(shape.of)
      if (shape.kind === 'structure') for (const member of shape.members) visit(member.shape)
    }
    for (const { input, output } of OPERATIONS) {
      visit(input)
      if (output) visit(output)
    }
    assert.ok(expected.length > 10)
    assert.deepEqual([...found].sort(), [...new Set(expected)].sort())
  })
})
