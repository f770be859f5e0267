import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { expandedKey } from './destination-pattern.ts'

const VALUES = {
  channel: 'news',
  endpoint: 'news-hls',
  id: 'goal_1',
  start: utcMs(Date.UTC(2026, 0, 31, 20, 5, 9, 40)),
  end: utcMs(Date.UTC(2026, 1, 1)),
}
const expand = (key: string) => expandedKey('s3Destination.manifestKey', key, VALUES)

describe('a pattern in a key', () => {
  const cases: readonly [string, string][] = [
    ['clips/index.m3u8', 'clips/index.m3u8'],
    ['{channel}/{endpoint}/{id}.mp4', 'news/news-hls/goal_1.mp4'],
    ['{start:yyyy/MM/dd}/{id}/index.m3u8', '2026/01/31/goal_1/index.m3u8'],
    ['{start}_{end}.mp4', '20260131T200509Z_20260201T000000Z.mp4'],
    ['{start:HH-mm-ss.SSS}.mp4', '20-05-09.040.mp4'],
    ['{start:yyyy-MM-dd@Pacific/Auckland}/{start:HHmm@Asia/Kathmandu}.mp4', '2026-02-01/0150.mp4'],
    ['{end:yyyy/MM/dd@America/New_York}/{end}.mp4', '2026/01/31/20260201T000000Z.mp4'],
  ]
  for (const [key, wanted] of cases) it(`${key} is ${wanted}`, () => assert.equal(expand(key), wanted))

  for (const key of [
    '{chanel}/x.mp4',
    '{}',
    '{id:x}/x.mp4',
    '{start:}',
    '{start:..%00}',
    '{start:YYYY}',
    '{start:yyyy@Mars}',
    '{start:@Europe/Berlin}',
    '{start:yyyy-MM-ddTHHmmZ@Europe/Berlin}',
    '{start:yyyy@..}',
    '{schedule}/x.mp4',
    '{constructor}',
    '{id}'.repeat(21),
  ]) {
    it(`${key} is refused`, () => {
      assert.throws(() => expand(key), { name: 'RuleViolation', message: /s3Destination\.manifestKey/ })
    })
  }

  it('is not read in what has been put in', () => {
    assert.equal(expandedKey('k', '{id}', { ...VALUES, id: '{channel}' }), '{channel}')
  })

  it('names the schedule that makes the job', () => {
    assert.equal(expandedKey('k', '{schedule}/{id}', { ...VALUES, schedule: 'hourly' }), 'hourly/goal_1')
  })
})
