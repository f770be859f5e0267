import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AUTOMATION_ID_FIELD } from '../../console/src/automations/automation.ts'
import { automationRequest } from '../../console/src/automations/automation-request.ts'
import { isShown, newDraft, requestOf } from '../../console/src/forms/draft.ts'
import type { Draft, Field, GroupDraft } from '../../console/src/forms/field.ts'
import { withoutUnused } from '../../console/src/harvest-jobs/job-request.ts'
import { eventText, selectionText } from '../../console/src/rules/event-text.ts'
import { ruleSections } from '../../console/src/rules/rule-fields.ts'
import { recurrenceText } from '../../console/src/schedules/recurrence-text.ts'
import { scheduleSections } from '../../console/src/schedules/schedule-fields.ts'
import { WINDROW_OPERATIONS } from '../../src/control/windrow-operations.ts'
import { disagreements } from './field-shapes.ts'

const ENDPOINT: Field = {
  name: 'originEndpointId',
  label: 'Origin endpoint',
  description: '',
  control: 'choice',
  options: [],
  default: 'news-hls',
}
const TIME = { now: Date.parse('2026-12-01T21:30:00Z'), zone: 'Europe/Berlin' }
const SCHEDULE = scheduleSections(ENDPOINT, 'Europe/Berlin', [AUTOMATION_ID_FIELD]).flatMap(({ fields }) => fields)
const RULE = ruleSections(ENDPOINT, [AUTOMATION_ID_FIELD]).flatMap(({ fields }) => fields)

const group = (draft: Draft, name: string, members: Draft): Draft => {
  const before = draft[name] as GroupDraft
  return { ...draft, [name]: { isGiven: true, members: { ...before.members, ...members } } }
}
const written = (fields: readonly Field[], draft: Draft) => automationRequest(fields, requestOf(fields, draft), TIME)
const destination = { bucketName: 'clips', manifestKey: '{id}/index.m3u8' }
const roleArn = 'arn:aws:iam::000000000000:role/harvest'

/** The endpoints there are, which the page offers; moments of stills are of one window, not of all. */
const LEFT_OUT = ['originEndpointId', 'deliverables.times']
const wrongOf = (operation: string, fields: readonly Field[]) => {
  const { input } = WINDROW_OPERATIONS.find(({ name }) => name === operation)!
  return disagreements(
    input,
    fields.filter(({ name }) => name !== 'originEndpointId'),
    LEFT_OUT,
  )
}

describe('the forms of schedules and rules', () => {
  it('have every member of the requests, in a control that it can have', () => {
    const without = (fields: readonly Field[]) => fields.filter(({ name }) => name !== 'id')
    assert.deepEqual(wrongOf('CreateHarvestSchedule', SCHEDULE), [])
    assert.deepEqual(wrongOf('UpdateHarvestSchedule', without(SCHEDULE)), [])
    const changed = ruleSections(ENDPOINT, []).flatMap((section) => section.fields)
    assert.deepEqual(wrongOf('UpdateHarvestRule', changed), [])
    assert.deepEqual(wrongOf('CreateHarvestRule', [AUTOMATION_ID_FIELD, ...changed]), [])
  })
})

describe('the form of a schedule', () => {
  const begun = group({ ...newDraft(SCHEDULE), id: 'news', deliverables: undefined }, 's3Destination', destination)
  const rest = {
    id: 'news',
    originEndpointId: 'news-hls',
    s3Destination: { ...destination, roleArn },
    cut: 'SEGMENT',
    gapPolicy: 'DISCONTINUITY',
    earlyEndPolicy: 'CLAMP',
    encryption: 'AS_SERVED',
    report: false,
  }

  it('asks for intervals without a time of day, and for days with one', () => {
    assert.deepEqual(written(SCHEDULE, group(begun, 'every', { minutes: '15' })), { ...rest, every: { minutes: 15 } })
    assert.deepEqual(written(SCHEDULE, group(begun, 'every', { weekdays: ['MONDAY'], at: '20:15' })), {
      ...rest,
      every: { weekdays: ['MONDAY'], at: '20:15', timeZone: 'Europe/Berlin' },
    })
  })

  it('sends moments as the API has them, and what it does not understand as it is', () => {
    const draft = group({ ...begun, startTime: 'tomorrow 20:15', endTime: 'soon' }, 'every', { days: '1' })
    const { startTime, endTime } = written(SCHEDULE, draft)
    assert.deepEqual([startTime, endTime], ['2026-12-02T19:15:00.000Z', 'soon'])
    const exact = { ...begun, startTime: '2026-12-02T19:15:00.123456Z' }
    assert.equal(written(SCHEDULE, exact)['startTime'], '2026-12-02T19:15:00.123456Z')
  })

  it('shows one way to say when windows begin as soon as that is used', () => {
    const every = SCHEDULE.find(({ name }) => name === 'every')
    assert.ok(every?.control === 'group')
    const shown = (draft: Draft) =>
      every.fields.filter(({ shownWhen }) => shownWhen?.(draft) ?? true).map(({ name }) => name)
    assert.deepEqual(shown({}), ['minutes', 'hours', 'days', 'weekdays'])
    assert.deepEqual(shown({ hours: '1' }), ['hours'])
    assert.deepEqual(shown({ weekdays: ['MONDAY'], at: '' }), ['weekdays', 'at', 'timeZone'])
  })
})

describe('the form of a rule', () => {
  const begun = group({ ...newDraft(RULE), id: 'shows', deliverables: undefined }, 's3Destination', destination)

  it('says nothing of clips where it makes jobs, and nothing of jobs where it makes clips', () => {
    const job = written(RULE, { ...begun, events: ['PROGRAM'], expiresAfterSeconds: '60' })
    assert.equal(job['expiresAfterSeconds'], undefined)
    assert.deepEqual(job['s3Destination'], { ...destination, roleArn })
    const clip = written(RULE, { ...begun, events: ['PROGRAM'], expiresAfterSeconds: '60', action: 'CLIP' })
    assert.deepEqual(clip, {
      id: 'shows',
      originEndpointId: 'news-hls',
      events: ['PROGRAM'],
      action: 'CLIP',
      expiresAfterSeconds: 60,
      cut: 'SEGMENT',
    })
  })

  it('shows nothing of jobs where it makes clips', () => {
    const draft = { ...newDraft(RULE), deliverables: undefined, action: 'CLIP' }
    const shown = RULE.filter((field) => isShown(field, draft)).map(({ name }) => name)
    assert.deepEqual(shown.slice(-3), ['action', 'expiresAfterSeconds', 'cut'])
  })

  it('takes segmentation types as the standard writes them', () => {
    const request = written(RULE, { ...begun, segmentationTypeIds: ['0x40', '34', 'forty'] })
    assert.deepEqual(request['segmentationTypeIds'], [64, 34, 'forty'])
    assert.equal(written(RULE, begun)['segmentationTypeIds'], undefined)
  })
})

describe('in words', () => {
  it('a schedule is told by when its windows begin', () => {
    assert.equal(recurrenceText({ minutes: 15 }), 'Every 15 minutes')
    assert.equal(recurrenceText({ hours: 1 }), 'Every hour')
    assert.equal(
      recurrenceText({ days: 1, at: '20:15', timeZone: 'Europe/Berlin' }),
      'Every day at 20:15 (Europe/Berlin)',
    )
    assert.equal(recurrenceText({ weekdays: ['MONDAY', 'SUNDAY'] }), 'Every Mon, Sun at 00:00 (UTC)')
  })

  it('an event of SCTE 35 is told by its type and ids', () => {
    assert.equal(eventText({ kind: 'segmentation', id: 4711, typeId: 16, upid: 'NEWS-1' }), '0x10, event 4711, NEWS-1')
    assert.equal(eventText({ kind: 'splice', id: 7 }), 'Splice, event 7')
    assert.equal(selectionText({ events: ['PROGRAM'], segmentationTypeIds: [64] }), 'PROGRAM, 0x40')
  })
})

describe('the deliverables of a form', () => {
  it('are asked for with the members that their kind has', () => {
    const all = { name: '', renditions: 'BEST', chapters: '', poster: false, sprite: true }
    assert.deepEqual(
      withoutUnused({
        id: 'x',
        deliverables: [
          { kind: 'HLS', ...all },
          { kind: 'MP4', ...all },
          { kind: 'STILLS', ...all },
        ],
      }),
      {
        id: 'x',
        deliverables: [{ kind: 'HLS' }, { kind: 'MP4', renditions: 'BEST' }, { kind: 'STILLS', sprite: true }],
      },
    )
    assert.deepEqual(withoutUnused({ id: 'x', deliverables: [] }), { id: 'x' })
  })
})
