import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { ticksFromSeconds, utcMs } from '../../media/time.ts'
import { adTagLine, adTagsOf } from './ad-tags.ts'
import { type MediaSegment, writeMediaPlaylist } from './media-playlist.ts'
import { parseMediaPlaylist } from './media-playlist-reader.ts'
import { playlistReading } from './playlist-lines.ts'

hlsParser.setOptions({ strictMode: true })

const PAYLOAD = '/DAlAAAAAAAAAP/wFAUAAAABf+/+LRQrAP4BI9MIAAEBAQAAfxV6SQ=='
const BREAK = 'ID="7",START-DATE="2026-05-03T00:01:00.018Z"'
const DATE_RANGES = [
  `#EXT-X-DATERANGE:${BREAK},PLANNED-DURATION=29.988,SCTE35-OUT=0xFC302000`,
  `#EXT-X-DATERANGE:${BREAK},END-DATE="2026-05-03T00:01:30.006Z",DURATION=29.988`,
  `#EXT-X-DATERANGE:${BREAK},DURATION=29.988,SCTE35-IN=0xFC302000`,
  `#EXT-X-DATERANGE:${BREAK},SCTE35-CMD=0xFC302000`,
  '#EXT-X-DATERANGE:ID="x",CLASS="a.b",START-DATE="2026-05-03T00:01:00Z",X-URL="https://elsewhere.example/a?b=c,d",URI="x"',
]
/** As encoders write them. */
const CUES = [
  `#EXT-OATCLS-SCTE35:${PAYLOAD}`,
  '#EXT-X-ASSET:CAID=0x0000000020FB6501',
  '#EXT-X-CUE-OUT:20.020',
  '#EXT-X-CUE-OUT:DURATION=30',
  '#EXT-X-CUE-OUT:30',
  '#EXT-X-CUE-OUT',
  `#EXT-X-CUE-OUT-CONT:ElapsedTime=6.640,Duration=21,SCTE35=${PAYLOAD}`,
  '#EXT-X-CUE-OUT-CONT:8.308/30',
  '#EXT-X-CUE-OUT-CONT:CAID=0x2CEDE1,Duration=30,ElapsedTime=8.308',
  '#EXT-X-CUE-IN',
  '#EXT-X-CUE-IN:',
  '#EXT-X-CUE:TYPE="SpliceOut",ID=4026531855,TIME=10.000,DURATION=30.000',
  `#EXT-X-SPLICEPOINT-SCTE35:${PAYLOAD}`,
  `#EXT-X-SCTE35:CUE="${PAYLOAD}",ID="aé",CUE-OUT=YES`,
  '#EXT-X-BLACKOUT:TYPE=START',
  '#EXT-X-BLACKOUT',
]

/** A playlist of segments, each behind its lines. */
const source = (...segments: readonly (readonly string[])[]) =>
  ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...segments.flatMap((lines, i) => [...lines, '#EXTINF:2,', `${i}.ts`])].join(
    '\n',
  )

function read(text: string) {
  const reading = playlistReading()
  const { segments } = parseMediaPlaylist(text, reading)
  const listed = segments.map(({ markers }) => markers && [...markers.dateRanges, ...markers.cues])
  return { listed, segments, habits: reading.habits.found.map(({ habit }) => habit) }
}

describe('ad tags of a source', () => {
  for (const line of [...DATE_RANGES, ...CUES]) {
    it(`are kept as they came: ${line.slice(0, 60)}`, () => {
      const { listed, habits } = read(source([], [line], []))
      assert.deepEqual({ listed, habits }, { listed: [undefined, [line], undefined], habits: [] })
    })
  }

  it('keep their order and stand between other tags wherever they like', () => {
    const [out, ...others] = DATE_RANGES
    const lines = [CUES[2]!, '#EXTINF:2,', out!, '#EXT-X-PROGRAM-DATE-TIME:2026-05-03T00:01:00Z', CUES[0]!]
    const { listed, segments } = read(source(lines, [...others, ...CUES.slice(0, 8)]))
    assert.deepEqual(listed, [
      [out, CUES[2], CUES[0]],
      [...others, ...CUES.slice(0, 8)],
    ])
    assert.equal(segments[0]!.programDateTime, Date.UTC(2026, 4, 3, 0, 1))
  })

  it('behind the last segment belong to none', () => {
    const text = `${source([], [CUES[5]!])}\n${DATE_RANGES[0]}\n${CUES[9]}\n`
    assert.deepEqual(read(text).listed, [undefined, [CUES[5]]])
  })

  it('are read as loosely as other tags, and kept as they are written', () => {
    for (const line of ['#ext-x-cue-out:30', '#EXT-OATCLS-SCTE35: /DAl', '#EXT-X-CUE-OUT 30']) {
      assert.deepEqual(read(source([line])).listed, [[line]])
    }
    assert.deepEqual(read(source(['  #EXT-X-CUE-IN  \r'])).listed, [['#EXT-X-CUE-IN']])
  })

  it('that nobody has heard of are no ad tags', () => {
    const others = [
      '#EXT-X-CUE-SPAN',
      '#EXT-X-CUEOUT:3',
      '# EXT-X-CUE-IN',
      '#EXT-X-DATERANGES:ID="1"',
      '#EXT-X-BITRATE:9',
    ]
    assert.deepEqual(read(source(others)).listed, [undefined])
  })

  const LEFT_OUT = ['ad-tags-left-out']
  it('are at most 16 before a segment, of 4 KiB each and 16 KiB in all', () => {
    const many = Array.from({ length: 17 }, (_, i) => `#EXT-X-CUE-OUT:${i}`)
    assert.deepEqual(read(source(many, many.slice(0, 16))), {
      ...read(source(many.slice(0, 16), many.slice(0, 16))),
      habits: LEFT_OUT,
    })
    const long = (bytes: number) => `#EXT-X-CUE:ID="${'é'.repeat((bytes - 16) / 2)}"`
    assert.deepEqual(read(source([long(4096), CUES[0]!])).listed, [[long(4096), CUES[0]]])
    const beyond = read(source([long(4098), CUES[0]!]))
    assert.deepEqual([beyond.listed, beyond.habits], [[[CUES[0]]], LEFT_OUT])
    const all = read(source(Array.from({ length: 5 }, () => long(4096))))
    assert.deepEqual([all.listed[0]?.length, all.habits], [4, LEFT_OUT])
  })

  it('of a megabyte are left out, as what other tags have beyond 8192 characters', () => {
    const { listed, habits } = read(source([`#EXT-X-CUE-OUT:${'1'.repeat(2 ** 20)}`, CUES[9]!]))
    assert.deepEqual([listed, habits], [[[CUES[9]]], ['line-too-long', ...LEFT_OUT]])
  })

  it('can bring nothing into a playlist but themselves', () => {
    // A tab, and what some programs take for the end of a line.
    for (const odd of ['\t', '\u2028', '\u2029']) {
      const { listed, habits } = read(source([`#EXT-X-CUE-OUT:3${odd}0`, CUES[9]!]))
      assert.deepEqual([listed, habits], [[[CUES[9]]], LEFT_OUT], escape(odd))
    }
    // Other control characters are left out of all tags.
    for (const odd of ['\u0000', '\u0085', '\u001b', '\ufeff']) {
      assert.deepEqual(read(source([`#EXT-X-CUE-OUT:3${odd}0`])).listed, [['#EXT-X-CUE-OUT:30']], escape(odd))
    }
    const refused = [
      'a.ts',
      '',
      '#comment',
      '#EXT-X-CUE-IN\n#EXT-X-ENDLIST',
      '#EXT-X-CUE-IN\r',
      '#EXT\ud800',
      '#EXT\u0007',
    ]
    assert.deepEqual(
      refused.filter((line) => adTagLine(line)),
      [],
    )
    assert.deepEqual(adTagsOf(['#EXT-X-CUE-IN\nhttps://elsewhere.example/a.ts', CUES[2]!]), {
      dateRanges: [],
      cues: [CUES[2]],
    })
  })
})

describe('ad tags of a playlist', () => {
  const segment = (uri: string, more: Partial<MediaSegment> = {}): MediaSegment => {
    return { uri, duration: ticksFromSeconds(2), discontinuity: false, gap: false, ...more }
  }
  const text = (...segments: readonly MediaSegment[]) =>
    writeMediaPlaylist({
      version: 8,
      targetDuration: 2,
      mediaSequence: 0,
      discontinuitySequence: 0,
      independentSegments: false,
      segments,
      ended: false,
    })

  const markers = adTagsOf([CUES[0]!, DATE_RANGES[0]!, CUES[2]!, DATE_RANGES[4]!])
  const written = text(
    segment('0.mp4', { map: 'init.mp4' }),
    segment('1.mp4', {
      map: 'other.mp4',
      discontinuity: true,
      gap: true,
      programDateTime: utcMs(Date.UTC(2026, 4, 3)),
      markers,
    }),
  )

  it('stand before their segment: date ranges before its date, the others behind it', () => {
    assert.deepEqual(written.split('\n').slice(7, -1), [
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="other.mp4"',
      DATE_RANGES[0],
      DATE_RANGES[4],
      '#EXT-X-PROGRAM-DATE-TIME:2026-05-03T00:00:00.000Z',
      CUES[0],
      CUES[2],
      '#EXT-X-GAP',
      '#EXTINF:2.000,',
      '1.mp4',
    ])
  })

  it('are found there by other readers', () => {
    const parsed = hlsParser.parse(written) as hlsParser.types.MediaPlaylist
    assert.deepEqual(
      parsed.segments.map((each) => each.markers.map(({ type, duration }) => [type, duration])),
      [
        [],
        [
          ['RAW', undefined],
          ['OUT', 20.02],
        ],
      ],
    )
    const parser = new M3u8Parser()
    parser.push(written)
    parser.end()
    const { segments, dateRanges } = parser.manifest
    assert.deepEqual(
      segments.map(({ cueOut }) => cueOut),
      [undefined, '20.020'],
    )
    assert.deepEqual(
      dateRanges?.map(({ id, plannedDuration }) => [id, plannedDuration]),
      [
        ['7', 29.988],
        ['x', undefined],
      ],
    )
  })
})
