import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { filePath, mainFiles } from '../../console/src/asset/asset-files.ts'
import {
  endingFor,
  FIRST_FORM,
  jobRequest,
  KINDS,
  nearestInMessage,
  newJobId,
} from '../../console/src/harvest/harvest-request.ts'
import { utcMs } from '../../src/media/time.ts'
import { DELIVERABLE_KINDS, namedDeliverables } from '../../src/model/deliverable.ts'
import { nearestText } from '../../src/model/harvest-request.ts'

const MOMENT = Date.parse('2026-12-01T21:40:05.120Z')
const endpoint = { id: 'news-hls', ownKind: 'HLS', isEncrypted: false } as const
const ranges = [{ start: MOMENT, end: MOMENT + 30_000 }]

describe('the request for a harvest', () => {
  it('offers every deliverable that there is', () => {
    assert.deepEqual(KINDS.toSorted(), DELIVERABLE_KINDS.toSorted())
  })

  it('has a key that one of the deliverables has, whatever is chosen', () => {
    fc.assert(
      fc.property(fc.subarray([...KINDS], { minLength: 1 }), (kinds) => {
        const file = `index${endingFor(kinds, 'HLS')}`.replace('index.ism/', '')
        assert.ok(
          namedDeliverables(
            kinds.map((kind) => ({ kind })),
            file,
          ),
          `${kinds.join()} have no ${file}`,
        )
      }),
    )
  })

  it('has one range as times of its own, and several as a list in their order', () => {
    const one = jobRequest({ form: FIRST_FORM, endpoint, ranges })
    assert.deepEqual(one, {
      originEndpointId: 'news-hls',
      startTime: '2026-12-01T21:40:05.120Z',
      endTime: '2026-12-01T21:40:35.120Z',
      s3Destination: {
        bucketName: '',
        manifestKey: 'clips/{channel}/{start:yyyy-MM-dd}/{id}/index.mp4',
        roleArn: FIRST_FORM.roleArn,
      },
      deliverables: [{ kind: 'MP4', renditions: 'BEST' }],
      cut: 'FRAME',
      gapPolicy: 'DISCONTINUITY',
      earlyEndPolicy: 'CLAMP',
      report: true,
    })
    const later = { start: MOMENT + 60_000, end: MOMENT + 61_000 }
    const several = jobRequest({ form: FIRST_FORM, endpoint, ranges: [later, ...ranges] })
    assert.ok('ranges' in several && !('startTime' in several))
    assert.deepEqual(
      several.ranges?.map(({ startTime }) => startTime),
      ['2026-12-01T21:41:05.120Z', '2026-12-01T21:40:05.120Z'],
    )
  })

  it('has of each deliverable what that takes, and a still at the playhead where this is in the selection', () => {
    const form = {
      ...FIRST_FORM,
      kinds: ['STILLS', 'HLS', 'AUDIO'],
      isSprite: true,
      isStillAtPlayhead: true,
      chapters: 'ID3',
    } as const
    const { deliverables } = jobRequest({ form, endpoint, ranges, playhead: MOMENT + 1000 })
    assert.deepEqual(deliverables, [
      { kind: 'HLS' },
      { kind: 'AUDIO', chapters: 'ID3' },
      { kind: 'STILLS', poster: true, sprite: true, times: ['2026-12-01T21:40:06.120Z'] },
    ])
    const outside = jobRequest({ form, endpoint, ranges, playhead: MOMENT + 60_000 })
    assert.deepEqual(outside.deliverables?.[2], { kind: 'STILLS', poster: true, sprite: true })
  })

  it('says of encryption only where there is some, and makes what the endpoint has where nothing is chosen', () => {
    const form = { ...FIRST_FORM, kinds: [], encryption: 'NONE' } as const
    const clear = jobRequest({ form, endpoint, ranges })
    assert.ok(!('encryption' in clear) && !('deliverables' in clear))
    assert.ok(clear.s3Destination.manifestKey.endsWith('.m3u8'))
    const dash = { ...endpoint, ownKind: 'DASH', isEncrypted: true } as const
    const encrypted = jobRequest({ form, endpoint: dash, ranges })
    assert.equal(encrypted.encryption, 'NONE')
    assert.ok(encrypted.s3Destination.manifestKey.endsWith('.mpd'))
  })

  it('has an id of its own that the API takes', () => {
    assert.equal(newJobId(MOMENT, 0), 'clip-20261201-214005-0000')
    assert.equal(newJobId(MOMENT, 0.99999), 'clip-20261201-214005-ffff')
  })
})

describe('a refusal', () => {
  it('tells the nearest window in its message, as the server writes it', () => {
    const window = { start: utcMs(MOMENT), end: utcMs(MOMENT + 5000) }
    const rule = `endTime: must not be in the future; ${nearestText(window)}`
    assert.deepEqual(nearestInMessage(rule), window)
    assert.deepEqual(nearestInMessage(`ranges[2].${rule}`), { ...window, range: 2 })
    assert.equal(nearestInMessage('endTime: must be after startTime'), undefined)
  })
})

describe('the files of an asset', () => {
  const file = (key: string) => ({ key, size: 1, sha256: '' })
  const names = (files: readonly { readonly key: string }[]) => files.map(({ key }) => key)

  it('are told from its segments', () => {
    const keys = [
      'a/index.m3u8',
      'a/index_1.m3u8',
      'a/index_1_57.ts',
      'a/index-cmaf.m3u8',
      'a/index_video_1_0.mp4',
      'a/index_video_1_track_1_csid_3_init.mp4',
      'a/index_audio_2_0_init.mp4',
      'a/index_image_1_2_3_4.jpg',
      'a/index_3_57.vtt',
      'a/index_subtitles_3_58.vtt',
    ]
    const files = [...keys, 'a/index.mp4', 'a/index.jpg', 'a/index_sprite.jpg', 'a/index_2.jpg', 'a/harvest.json'].map(
      file,
    )
    const found = mainFiles(files, 'a/index.m3u8')
    assert.deepEqual(names(found.downloads), [
      'a/index.mp4',
      'a/index.jpg',
      'a/index_sprite.jpg',
      'a/index_2.jpg',
      'a/harvest.json',
    ])
    assert.deepEqual(found.played, { kind: 'file', file: file('a/index.mp4') })
    assert.equal(found.report?.key, 'a/harvest.json')
  })

  it('are played as HLS where there is no movie', () => {
    const found = mainFiles(['a/index.m3u8', 'a/index_1.m3u8', 'a/index_1_57.ts'].map(file), 'a/index.m3u8')
    assert.deepEqual(found.played, { kind: 'HLS', file: file('a/index.m3u8') })
    assert.equal(mainFiles([file('a/index.mpd')], 'a/index.mpd').played, undefined)
  })

  it('have every rendition where a job makes files of all', () => {
    const found = mainFiles(['a/index.mp4', 'a/index_1.mp4', 'a/index_2.mp4'].map(file), 'a/index.mp4')
    assert.deepEqual(names(found.downloads), ['a/index.mp4', 'a/index_1.mp4', 'a/index_2.mp4'])
  })

  it('have paths with nothing in them that a path means', () => {
    assert.equal(filePath('job', 'a b/ü?/#x.mp4'), '/windrow/v1/harvest_jobs/job/files/a%20b/%C3%BC%3F/%23x.mp4')
  })
})
