import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HarvestReport } from '../control/harvest-operations.ts'
import { bytesText, clockText, outcomeText, progressLine } from './harvest-text.ts'

const JOB = {
  id: 'goal',
  state: 'RUNNING',
  status: 'IN_PROGRESS',
  attempts: 1,
  s3Destination: { bucketName: 'clips', manifestKey: 'goal/index.m3u8', roleArn: '' },
  progress: {
    segments: { planned: 200, written: 126 },
    objects: 126,
    bytes: 45_234_000,
    tracks: [],
    bytesPerSecond: 12_100_000,
    secondsLeft: 6,
  },
} as unknown as HarvestReport

describe('a job in one line', () => {
  it('has a bar, the rate and the time left', () => {
    const line = 'goal  RUNNING  [###############---------] 63 %  126/200 segments  45.2 MB  12.1 MB/s  0:06 left'
    assert.equal(progressLine(JOB, 120), line)
    assert.equal(progressLine(JOB, 40), line.slice(0, 39))
  })

  it('shows how much of the window has passed, while nobody knows how much there will be', () => {
    const segments = { planned: undefined, written: 126 }
    const job = { ...JOB, startTime: '1772625600', endTime: '2026-03-04T14:00:00Z' }
    const follows = { ...job, progress: { ...JOB.progress, segments, secondsLeft: 3723 } } as HarvestReport
    const bar = '[############------------] 48 %'
    assert.equal(progressLine(follows, 120), `goal  RUNNING  ${bar}  126 segments  45.2 MB  12.1 MB/s  1:02:03 left`)
    const plans = { ...job, progress: { ...JOB.progress, segments, secondsLeft: 0 } } as HarvestReport
    assert.equal(progressLine(plans, 120), 'goal  RUNNING  126 segments  45.2 MB  12.1 MB/s  0:00 left')
  })

  it('says when it begins, or is tried again, and why', () => {
    const { progress: _, ...waiting } = { ...JOB, state: 'QUEUED', attempts: 0, nextAttemptAt: '2026-03-04T12:00:00Z' }
    assert.equal(progressLine(waiting as HarvestReport, 120), 'goal  QUEUED  begins at 2026-03-04T12:00:00Z')
    const failure = { code: 'Full', message: 'The disk is full.', nearestWindow: undefined }
    const again = progressLine({ ...waiting, attempts: 2, failure } as HarvestReport, 120)
    assert.equal(again, 'goal  QUEUED  again at 2026-03-04T12:00:00Z  The disk is full.')
  })
})

describe('what became of a job', () => {
  it('is told with what to try instead', () => {
    const nearestWindow = { startTime: 'A', endTime: 'B' }
    const failure = { code: 'BeforeContent', message: 'There is no content.', nearestWindow }
    const text = outcomeText({ ...JOB, state: 'FAILED', failure } as HarvestReport)
    const lines = [
      'goal  FAILED  [###############---------] 63 %',
      '  objects  126, 45.2 MB',
      '  BeforeContent There is no content.',
    ]
    assert.equal(text, `${[...lines, '  try      --start A --end B'].join('\n')}\n`)
  })

  it('is told with why its media was not copied where it is', () => {
    const copyRefusal = 'The server cannot be left to copy.'
    const text = outcomeText({ ...JOB, state: 'SUCCEEDED', copyRefusal } as HarvestReport)
    assert.match(text, /\n {2}sent {5}The server cannot be left to copy\.\n/)
  })

  it('is told with its gaps, but not with hundreds of them', () => {
    const gaps = Array.from({ length: 12 }, (_, n) => ({ startTime: `${n}`, endTime: `${n + 1}`, track: 'index_2' }))
    const text = outcomeText({ ...JOB, state: 'SUCCEEDED', gaps, gapCount: 40 } as HarvestReport)
    assert.match(text, /gap {6}0 to 1, index_2 only\n(.*\n){9} +and 30 more\n {2}asset {4}clips\/goal\/index\.m3u8\n$/)
  })
})

it('writes bytes and times for people', () => {
  const bytes = [0, 999, 1000, 45_234_000, 999_600_000, 7.5e12].map(bytesText)
  assert.deepEqual(bytes, ['0 B', '999 B', '1.00 kB', '45.2 MB', '1.00 GB', '7.50 TB'])
  assert.deepEqual([0, 6, 65, 3600, 86_399].map(clockText), ['0:00', '0:06', '1:05', '1:00:00', '23:59:59'])
})
