import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Deliverable, namedDeliverables } from './deliverable.ts'

const filesOf = (keyFile: string, ...deliverables: readonly Deliverable[]) =>
  namedDeliverables(deliverables, keyFile)?.map(({ file }) => file)

describe('the names of deliverables', () => {
  it('have the stem of the key, and where one is taken the kind and a number', () => {
    assert.deepEqual(
      filesOf('goal.m3u8', { kind: 'HLS' }, { kind: 'CMAF' }, { kind: 'MP4' }, { kind: 'MP4' }, { kind: 'MP4' }),
      ['goal.m3u8', 'goal-cmaf.m3u8', 'goal.mp4', 'goal-mp4.mp4', 'goal-mp4-2.mp4'],
    )
  })
  it('are those that are given, with a number where two are the same', () => {
    const radio = { kind: 'AUDIO', name: 'radio' } as const
    assert.deepEqual(filesOf('goal.m4a', { kind: 'AUDIO' }, radio, radio, { ...radio, name: 'radio.m4a' }), [
      'goal.m4a',
      'radio.m4a',
      'radio-2.m4a',
      'radio-3.m4a',
    ])
  })
  it('are not those that a number has made of others', () => {
    const named = (name: string) => ({ kind: 'MP4', name }) as const
    assert.deepEqual(filesOf('goal.m3u8', { kind: 'HLS' }, named('x'), named('x'), named('x-2'), named('x')), [
      'goal.m3u8',
      'x.mp4',
      'x-2.mp4',
      'x-2-2.mp4',
      'x-3.mp4',
    ])
  })
  it('are none where the key fits nothing', () => {
    assert.equal(filesOf('goal.mp4', { kind: 'HLS' }, { kind: 'MP4' }), undefined)
    assert.equal(filesOf('goal.mp4', { kind: 'MP4', name: 'goal' }), undefined)
  })
})
