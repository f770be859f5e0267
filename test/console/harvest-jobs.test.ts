import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  nearestRequest,
  nextId,
  paceText,
  shareDone,
  writtenText,
} from '../../console/src/harvest-jobs/job-progress.ts'
import type { HarvestReport } from '../../src/control/harvest-operations.ts'

const JOB: HarvestReport = {
  id: 'goal',
  arn: 'arn:aws:mediapackage:us-east-1:000000000000:harvest_jobs/goal',
  channelId: 'news',
  originEndpointId: 'news-hls',
  startTime: '2026-12-01T20:00:00Z',
  endTime: '2026-12-01T20:01:00Z',
  s3Destination: { bucketName: 'clips', manifestKey: 'goal/index.m3u8', roleArn: 'arn:aws:iam::000000000000:role/r' },
  createdAt: '2026-12-01T20:02:00Z',
  status: 'IN_PROGRESS',
  gapPolicy: 'DISCONTINUITY',
  earlyEndPolicy: 'CLAMP',
  report: true,
  cut: 'FRAME',
  state: 'RUNNING',
  attempts: 1,
  progress: {
    segments: { planned: 40, written: 10 },
    objects: 12,
    bytes: 81_200_000,
    tracks: [],
    bytesPerSecond: 12_400_000,
    secondsLeft: 20,
    making: { name: 'goal.mp4', share: 0.5 },
  },
}
const FAILED: HarvestReport = {
  ...JOB,
  status: 'FAILED',
  state: 'FAILED',
  failure: {
    code: 'BeforeContent',
    message: 'there is no content yet',
    nearestWindow: { startTime: '2026-12-01T20:00:30Z', endTime: '2026-12-01T20:01:00Z' },
  },
}

describe('the progress of a harvest job', () => {
  it('is what it has written of its segments, with its rate and what is left', () => {
    assert.equal(shareDone(JOB), 0.25)
    assert.equal(writtenText(JOB), '10 of 40 segments, 81.2 MB')
    assert.equal(paceText(JOB), 'goal.mp4 50 %, 12.4 MB/s, 20 s left')
  })

  it('is not known before its segments are, and whole when it has succeeded', () => {
    assert.equal(shareDone({ status: 'IN_PROGRESS' }), undefined)
    const unplanned = { ...JOB.progress!, segments: { written: 3 } }
    assert.equal(shareDone({ status: 'IN_PROGRESS', progress: unplanned }), undefined)
    assert.equal(writtenText({ progress: unplanned }), '3 segments, 81.2 MB')
    assert.equal(shareDone({ ...JOB, status: 'SUCCEEDED' }), 1)
  })
})

describe('the nearest window of a failed job', () => {
  it('is asked for with everything else as it was', () => {
    assert.deepEqual(nearestRequest(FAILED, 'goal-2'), {
      id: 'goal-2',
      originEndpointId: 'news-hls',
      s3Destination: JOB.s3Destination,
      startTime: '2026-12-01T20:00:30Z',
      endTime: '2026-12-01T20:01:00Z',
      gapPolicy: 'DISCONTINUITY',
      earlyEndPolicy: 'CLAMP',
      report: true,
      deliverables: undefined,
      cut: 'FRAME',
      encryption: undefined,
    })
    assert.equal(nearestRequest(JOB, 'goal-2'), undefined)
  })

  it('is of a job with an id like that of the first', () => {
    const taken =
      (...ids: string[]) =>
      (id: string) =>
        ids.includes(id)
    assert.equal(nextId('goal', taken()), 'goal-2')
    assert.equal(nextId('goal', taken('goal-2', 'goal-3')), 'goal-4')
    assert.equal(nextId('goal-9', taken()), 'goal-10')
    assert.equal(nextId('2026-12-01', taken()), '2026-12-01-2')
  })
})
