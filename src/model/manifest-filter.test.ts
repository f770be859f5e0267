import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseManifestFilter } from './manifest-filter.ts'
import { RuleViolation } from './rule-violation.ts'

describe('a manifest filter', () => {
  it('has lists and ranges, and its case does not matter', () => {
    assert.deepEqual(
      parseManifestFilter('Video_Height:240-720;audio_language:FR,en-us;VIDEO_CODEC:H264;video_framerate:23.976-30'),
      {
        videoHeight: { min: 240, max: 720 },
        audioLanguage: ['fr', 'en-us'],
        videoCodec: ['h264'],
        videoFramerate: { min: 23.976, max: 30 },
      },
    )
  })

  it('knows every name', () => {
    const text =
      'audio_bitrate:0-2147483647;audio_channels:1-32767;audio_codec:AACL,AACH,AC-3,EC-3;audio_language:x;' +
      'audio_sample_rate:0-2147483647;subtitle_language:x;trickplay_height:1-2147483647;' +
      'trickplay_type:iframe,image,none;video_bitrate:0-2147483647;video_codec:H264,H265;' +
      'video_dynamic_range:hdr10,hlg,sdr;video_framerate:1-999.999;video_height:1-32767'
    assert.equal(Object.keys(parseManifestFilter(text)).length, 13)
  })

  for (const [text, why] of [
    ['', /NAME:VALUES/],
    ['video_height', /NAME:VALUES/],
    ['video_height:1-720;', /NAME:VALUES/],
    ['video_width:1-720', /no filter "video_width"/],
    ['__proto__:1-2', /no filter/],
    ['video_height:1-720;video_height:1-480', /video_height occurs more than once/],
    ['video_height:720', /must be a range/],
    ['video_height:-720', /must be a range/],
    ['video_height:1-', /must be a range/],
    ['video_height:1-2-3', /must be a range/],
    ['video_height:1.5-2', /must be a range/],
    ['video_height:a-b', /must be a range/],
    ['video_height:720-1', /from the smaller to the larger/],
    ['video_height:0-720', /between 1 and 32767/],
    ['video_height:1-32768', /between 1 and 32767/],
    ['video_bitrate:0-2147483648', /between 0 and 2147483647/],
    ['audio_sample_rate:0-99999999999', /must be a range/],
    ['audio_channels:0-2', /between 1 and 32767/],
    ['video_framerate:1-29.9701', /must be a range/],
    ['video_framerate:1-1000', /between 1 and 999.999/],
    ['audio_codec:mp3', /must be one of aacl, aach, ac-3, ec-3, got "mp3"/],
    ['audio_codec:AACL,', /a list of values/],
    ['audio_language:', /a list of values/],
    ['trickplay_type:thumbnail', /must be one of iframe, image, none/],
    [`audio_language:${'x'.repeat(1010)}`, /at most 1024 characters, got 1025/],
  ] as const) {
    it(`is refused as ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(
        () => parseManifestFilter(text),
        (error: unknown) => error instanceof RuleViolation && why.test(error.message),
      )
    })
  }

  it('may have 1024 characters', () => {
    assert.equal(parseManifestFilter(`audio_language:${'x'.repeat(1009)}`).audioLanguage?.[0]?.length, 1009)
  })
})
