import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { MarkedEvent } from './event-selection.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestOptions } from './harvest-job.ts'
import { eventKey, FollowedEvents, type HarvestRule, ruledDestination, ruledId, spanKey } from './harvest-rule.ts'
import { checkRule } from './rule-checks.ts'
import { RuleViolation } from './rule-violation.ts'

const T = Date.UTC(2026, 0, 31, 20, 15, 0, 40)
const at = (seconds: number) => utcMs(T + seconds * 1000)
const show = (id: number, seconds: number, changes: Partial<MarkedEvent> = {}): MarkedEvent => {
  return { kind: 'segmentation', id, typeId: 0x10, start: at(seconds), ...changes }
}
const splice: MarkedEvent = { kind: 'splice', id: 9, start: at(0) }
const S3 = { bucketName: 'clips', manifestKey: '{id}.m3u8', roleArn: 'r' }

function rule(manifestKey: string, options: Partial<HarvestOptions> = {}, events = ['PROGRAM']): HarvestRule {
  return {
    id: 'shows',
    originEndpointId: 'hls',
    selection: { events: events as HarvestRule['selection']['events'], segmentationTypeIds: [] },
    action: {
      kind: 'JOB',
      s3Destination: { ...S3, manifestKey },
      options: { ...DEFAULT_HARVEST_OPTIONS, ...options },
    },
    isStopped: false,
    createdAt: at(0),
    modifiedAt: at(0),
  }
}

describe('what a rule makes of an event', () => {
  it('has an id that follows from the rule and the event', () => {
    assert.equal(ruledId({ id: 'shows' }, show(4_294_967_295, 0)), 'shows-20260131201500-10-4294967295')
    assert.equal(ruledId({ id: 'shows' }, splice), 'shows-20260131201500-splice-9')
    assert.notEqual(eventKey(show(1, 0)), eventKey(show(1, 0, { typeId: 0x20 })))
    assert.equal(spanKey({ start: at(0), end: at(9) }), '20260131201500-span')
  })

  it('is written where its pattern says', () => {
    const keyOf = (manifestKey: string, event: MarkedEvent) => {
      const to = { end: at(60), channel: 'news' }
      return ruledDestination({ id: 'shows', originEndpointId: 'hls' }, { ...S3, manifestKey }, event, to).manifestKey
    }
    const upid = { type: 0x0f, hex: Buffer.from('urn:a/../b?ö').toString('hex') }
    assert.equal(keyOf('{rule}/{channel}/{start:yyyy/MM/dd}/{event}.m3u8', show(7, 0)), 'shows/news/2026/01/31/7.m3u8')
    assert.match(
      keyOf('{upid}/{id}.m3u8', show(7, 0, { upid })),
      /^0x75726e3a[0-9a-f]+\/shows-20260131201500-10-7\.m3u8$/,
    )
    const plain = { type: 0x0f, hex: Buffer.from('urn:a/../b').toString('hex') }
    assert.equal(keyOf('{upid}/{end}.m3u8', show(7, 0, { upid: plain })), 'urn_a____b/20260131T201600Z.m3u8')
    assert.equal(keyOf('{upid}.m3u8', splice), 'none.m3u8')
    assert.throws(() => keyOf('{schedule}.m3u8', splice), /must not have \{schedule\}: no schedule makes the job/)
  })

  const unlike = 's3Destination.manifestKey: must name events'
  const keys: readonly [string, string | undefined, Partial<HarvestOptions>?, string[]?][] = [
    ['{id}.m3u8', undefined],
    ['{start}-{event}.m3u8', undefined, {}, ['CHAPTER']],
    ['{event}/{start:yyyy/MM/dd/HHmmss}.m3u8', undefined, {}, ['CHAPTER']],
    ['{start}-{event}.m3u8', `${unlike} of different types differently`],
    ['{end}-{event}.m3u8', `${unlike} that begin at different times differently`, {}, ['CHAPTER']],
    ['{upid}.m3u8', unlike],
    ['{start}.m3u8', `${unlike} with different ids differently`],
    ['{event}/{start:yyyy/MM/dd/HHmm}.m3u8', `${unlike} that begin at different times differently`],
    ['{event}/{start:yyyyMMddHHmmss@Europe/Berlin}.m3u8', `${unlike} that begin at different times`],
    ['{start}-{event}.m3u8', `${unlike} of different types differently`, {}, ['PROGRAM', 'CHAPTER']],
    [
      'a/{id}.m3u8',
      's3Destination.manifestKey: must have a folder for each event',
      { deliverables: [{ kind: 'HLS' }, { kind: 'MP4', name: 'film' }] },
    ],
    ['{id}/a.m3u8', undefined, { deliverables: [{ kind: 'HLS' }, { kind: 'MP4', name: 'film' }] }],
    [
      '{id}.m3u8',
      'deliverables[0].times: must not be given: each event',
      { deliverables: [{ kind: 'STILLS', times: [at(0)] }] },
    ],
  ]
  for (const [key, message, options, events] of keys) {
    it(`may ${message ? 'not ' : ''}be written to ${key}${options ? JSON.stringify(options) : ''} for ${events}`, () => {
      const check = () => checkRule(rule(key, options, events))
      if (message === undefined) check()
      else assert.throws(check, (error) => error instanceof RuleViolation && error.message.startsWith(message))
    })
  }

  it('lasts as clips may last', () => {
    const clips = { ...rule(''), action: { kind: 'CLIP', cut: 'FRAME', expiresAfterSeconds: 0 } } as const
    assert.throws(() => checkRule(clips), /^RuleViolation: expiresAfterSeconds: must be between 1 and/)
  })
})

describe('events that are followed', () => {
  const following = (open: readonly MarkedEvent[] = []) =>
    new FollowedEvents({ events: ['PROGRAM'], segmentationTypeIds: [] }, open)

  it('are over where the source says so, and others are passed over', () => {
    const followed = following()
    assert.deepEqual(followed.enter({ open: [show(1, 0), show(5, 1, { typeId: 0x30 })], ends: [] }, at(2)), [])
    assert.deepEqual(followed.open, [show(1, 0)])
    const told = { open: [show(2, 10)], ends: [{ event: show(1, 0), end: at(10), isTold: true }] }
    assert.deepEqual(followed.enter(told, at(10)), told.ends)
    assert.deepEqual(followed.open, [show(2, 10)])
  })

  it('go on with the start they have where another input tells of them', () => {
    const followed = following([show(1, 0)])
    const later = show(1, 0.4)
    const told = { open: [later], ends: [{ event: show(1, 0), end: at(4), isTold: false }] }
    assert.deepEqual(followed.enter(told, at(5)), [])
    assert.deepEqual(followed.open, [show(1, 0)])
    const end = { event: later, end: at(20), isTold: true }
    assert.deepEqual(followed.enter({ open: [], ends: [end] }, at(20)), [{ ...end, event: show(1, 0) }])
  })

  it('have an end that nobody knows where nothing tells of them any more', () => {
    const ended = { event: show(1, 0), end: at(4), isTold: false }
    assert.deepEqual(following([show(1, 0)]).enter({ open: [], ends: [ended] }, at(5)), [ended])
    assert.deepEqual(following([show(1, 0)]).enter({ open: [show(1, 2)], ends: [] }, at(5)), [{ ...ended, end: at(5) }])
  })
})
