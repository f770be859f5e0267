import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments, windowOf } from '../../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { utcMs } from '../../media/time.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { WholeFileSource } from '../output-format.ts'
import { stillFiles } from './still-files.ts'

describe('the stills of a window', () => {
  it('are chosen together: its key frames are listed once', async () => {
    const whole = windowOf(outputSegments(1, Array(10).fill({})))
    let slotsRead = 0
    const segments = whole.segments.map((segment) => {
      const counted = { ...segment }
      Object.defineProperty(counted, 'slots', {
        enumerable: true,
        get() {
          slotsRead++
          return segment.slots
        },
      })
      return counted as OutputSegment
    })
    const readFor = async (times: number) => {
      const order = { endpoint: hlsEndpoint(), window: { ...whole, segments }, options: {} }
      const moments = Array.from({ length: times }, (_, i) => utcMs(whole.segments[0]!.startUtc + i * 1000))
      const files = stillFiles(order, { file: 'a.jpg' }, { kind: 'STILLS', times: moments })
      assert.equal(files.length, times)
      slotsRead = 0
      const nothing = async function* () {}
      const source = {} as WholeFileSource
      for (const { body } of files) await body(nothing, source, new AbortController().signal)
      return slotsRead
    }
    assert.equal(await readFor(50), await readFor(1))
  })
})
