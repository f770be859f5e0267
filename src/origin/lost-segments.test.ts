import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments, windowOf } from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { LostSegments } from './lost-segments.ts'

const window = windowOf(outputSegments(10, [{}, { slots: 2 }, {}]))

/** Of each segment, the streams that have something in each slot. */
const shown = ({ segments }: typeof window) =>
  segments.map(({ slots }) => slots.map(({ objects }) => Object.keys(objects).join(' ')))

describe('lost segments', () => {
  it('are without their stream in all slots, for the endpoint that found them lost', () => {
    const lost = new LostSegments()
    const [hls, cmaf] = [hlsEndpoint(), { ...cmafEndpoint(), guid: 'b'.repeat(32) }]
    const before = shown(window)
    lost.note(hls, 's1-11-1')
    const left = before.map((slots, at) => (at === 1 ? slots.map((streams) => streams.replace('1 ', '')) : slots))
    assert.deepEqual(shown(lost.without(hls, window)), left)
    assert.notDeepEqual(left, before)
    assert.deepEqual(shown(lost.without(cmaf, window)), before)
  })

  it('stay as they are in DASH, whose periods would change behind the viewer', () => {
    const lost = new LostSegments()
    const dash = dashEndpoint()
    lost.note(dash, 's1-11-1')
    assert.equal(lost.without(dash, window), window)
  })

  it('are bounded, and each change has a greater version', () => {
    const lost = new LostSegments()
    const hls = hlsEndpoint()
    let version = lost.version(hls)
    for (let n = 0; n < 10_001; n++) {
      lost.note(hls, `key-${n}`)
      lost.note(hls, `key-${n}`)
      assert.ok(lost.version(hls) > version)
      version = lost.version(hls)
    }
    lost.note(hls, 's1-11-1')
    assert.notDeepEqual(shown(lost.without(hls, window)), shown(window))
    assert.ok(lost.version({ ...hls, guid: 'c'.repeat(32) }) > 0)
  })
})
