import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { checkSelection, type EventSelection, isOfLength, selects, upidText } from './event-selection.ts'
import { globMatches, globParts } from './glob.ts'
import { RuleViolation } from './rule-violation.ts'

const selection = (changes: Partial<EventSelection> = {}): EventSelection => ({
  events: ['PROGRAM'],
  segmentationTypeIds: [],
  ...changes,
})
const event = (typeId: number, upid?: { type: number; hex: string }) => {
  return { kind: 'segmentation', id: 1, typeId, start: utcMs(0), ...(upid && { upid }) } as const
}
const ascii = (type: number, text: string) => ({ type, hex: Buffer.from(text).toString('hex') })

describe('the events that a rule is for', () => {
  it('are those of its words and types', () => {
    const isMeant = selects(selection({ events: ['PROGRAM', 'BREAK'], segmentationTypeIds: [0x40] }))
    const meant = [0x10, 0x17, 0x20, 0x22, 0x24, 0x30, 0x40, 0x50].filter((typeId) => isMeant(event(typeId)))
    assert.deepEqual(meant, [0x10, 0x17, 0x22, 0x40])
    const splice = { kind: 'splice', id: 1, start: utcMs(0) } as const
    assert.deepEqual([isMeant(splice), selects(selection({ events: ['SPLICE_INSERT'] }))(splice)], [false, true])
    assert.equal(selects(selection({ events: ['CHAPTER'] }))(event(0x20)), true)
  })

  it('are those whose UPID is as the pattern says', () => {
    const isMeant = selects(selection({ upid: 'NEWS*' }))
    assert.equal(isMeant(event(0x10, ascii(0x0f, 'NEWS/20'))), true)
    assert.equal(isMeant(event(0x10, ascii(0x0f, 'news/20'))), false)
    assert.equal(isMeant(event(0x10)), false, 'one without a UPID is as no pattern says')
    assert.equal(selects(selection({ upid: '0x0a1b*' }))(event(0x10, { type: 8, hex: '0A1B2C' })), true)
  })

  it('are of a length', () => {
    const bounded = selection({ minDurationSeconds: 10, maxDurationSeconds: 20 })
    const found = [9999, 10_000, 20_000, 20_001].map((length) => isOfLength(bounded, length))
    assert.deepEqual(found, [false, true, true, false])
    assert.equal(isOfLength(selection(), 0), true)
  })

  const refused: readonly [Partial<EventSelection>, string][] = [
    [{ events: [] }, 'events: must name an event, or segmentationTypeIds a type'],
    [{ events: Array(65).fill('PROGRAM') }, 'events: must be at most 64, got 65'],
    [{ segmentationTypeIds: [0x40, 0x11] }, 'segmentationTypeIds[1]: must be the segmentation_type_id of a beginning'],
    [{ segmentationTypeIds: [0x01] }, 'segmentationTypeIds[0]'],
    [{ segmentationTypeIds: [-2] }, 'segmentationTypeIds[0]'],
    [{ upid: '' }, 'upid: must not be empty'],
    [{ upid: '*'.repeat(257) }, 'upid: must be at most 256 characters, got 257'],
    [{ events: ['SPLICE_INSERT'], upid: 'x' }, 'upid: must not be given for SPLICE_INSERT alone'],
    [{ minDurationSeconds: -1 }, 'minDurationSeconds: must be between 0 and 86400, got -1'],
    [{ minDurationSeconds: 60, maxDurationSeconds: 59 }, 'maxDurationSeconds: must be between 60 and 86400, got 59'],
    [{ maxDurationSeconds: 0 }, 'maxDurationSeconds: must be between 1'],
  ]
  for (const [changes, rule] of refused) {
    it(`are refused with ${JSON.stringify(changes).slice(0, 60)}`, () =>
      assert.throws(
        () => checkSelection(selection(changes)),
        (error) => error instanceof RuleViolation && error.message.startsWith(rule),
      ))
  }
})

describe('a UPID as text', () => {
  it('is its characters where its type has them, and hexadecimal otherwise', () => {
    for (const [upid, text] of [
      [ascii(0x03, 'ABCD0123000H'), 'ABCD0123000H'],
      [ascii(0x0c, 'ABCDshow-7'), 'ABCDshow-7'],
      [ascii(0x0e, 'a=1 b=2'), 'a=1 b=2'],
      [{ type: 0x0c, hex: '41424344ff' }, '0x41424344ff'],
      [ascii(0x0a, 'letters, yet'), `0x${Buffer.from('letters, yet').toString('hex')}`],
      [{ type: 0x08, hex: '00000000AB' }, '0x00000000ab'],
      [{ type: 0x0f, hex: '' }, '0x'],
    ] as const) {
      assert.equal(upidText(upid), text)
    }
  })
})

describe('a pattern', () => {
  it('stands for the texts that a regular expression of it would', () => {
    const letters = ['', 'a', 'b', 'aa', 'ab', 'ba', 'aab', 'aba', 'abab', 'a.b', 'ab*']
    const patterns = ['', 'a', '*', '**', 'a*', '*a', 'a*b', '*a*', 'a*a', 'ab*ab', 'a*b*a', '.*', 'a.b', 'ab**']
    for (const pattern of patterns) {
      const escaped = pattern.replaceAll(/[.]/g, '\\$&').replaceAll('*', '.*')
      for (const text of letters) {
        const expected = new RegExp(`^${escaped}$`).test(text)
        assert.equal(globMatches(globParts(pattern), text), expected, `${pattern} of ${text}`)
      }
    }
  })

  it('takes no longer for a text that nearly is as it says', () => {
    assert.equal(globMatches(globParts(`${'a*'.repeat(128)}b`), 'a'.repeat(512)), false)
  })
})
