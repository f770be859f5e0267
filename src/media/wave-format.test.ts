import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AudioDescription } from './track.ts'
import { waveFormatOf } from './wave-format.ts'

const sound = (codec: string, configuration: string, samplesPerFrame = 1536): AudioDescription => {
  return { kind: 'audio', pid: 0, codec, configuration, samplesPerFrame, sampleRate: 48_000, channels: 6 }
}

/** A subformat as found in CodecPrivateData of existing presentations. */
const DDPLUS = 'af87fba7022dfb42a4d405cd93843bdd'

describe('the wave format of a sound', () => {
  it('is raw AAC with its AudioSpecificConfig', () => {
    assert.deepEqual(waveFormatOf(sound('mp4a.40.2', '1190', 1024)), { formatTag: 0xff, extra: '1190' })
  })

  it('is extensible for E-AC-3, as Smooth Streaming has it for 5.1 and for stereo', () => {
    // 5.1 at 192 kbit/s.
    assert.deepEqual(waveFormatOf(sound('ec-3', '0600200f00')), {
      formatTag: 0xfffe,
      extra: `00063f000000${DDPLUS}0600200f00`,
    })
    assert.equal(waveFormatOf(sound('ec-3', '0600200400')).extra, `000603000000${DDPLUS}0600200400`)
  })

  it('moves the surrounds to the sides where there are rear ones', () => {
    // 7.1: a dependent substream with the rear pair, chan_loc bit 1.
    const payload = '0c00200f0202'
    assert.equal(waveFormatOf(sound('ec-3', payload)).extra, `00063f060000${DDPLUS}${payload}`)
  })

  it('names AC-3 by its own subformat', () => {
    // acmod 7 with LFE.
    assert.equal(waveFormatOf(sound('ac-3', '103dc0')).extra, '00063f0000002c806de046dbcf11b4d100805f6cbbea103dc0')
  })
})
