import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FEED_FLAGS, feedPlanOf } from './feed-flags.ts'
import { parsedFlags } from './job-flags.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const planOf = (...args: readonly string[]) =>
  feedPlanOf(parsedFlags(['--channel', 'c', ...args], FEED_FLAGS).values, NOW)

describe('the flags of windrow feed', () => {
  it('are simple by default: live, one rendition, the first input', () => {
    assert.deepEqual(planOf(), {
      channelId: 'c',
      inputs: [0],
      create: false,
      pastMs: 0,
      start: undefined,
      live: { speed: 1, seconds: undefined },
      stream: { renditions: 1, language: undefined, subtitles: false, breakSeconds: undefined, hasId3: false },
    })
  })

  it('feed the past alone, or go on live', () => {
    const liveOf = (...args: readonly string[]) => planOf('--past', '1h30m', ...args).live
    assert.equal(planOf('--past', '1h30m').pastMs, 5_400_000)
    assert.equal(liveOf(), undefined)
    assert.deepEqual(liveOf('--live'), { speed: 1, seconds: undefined })
    assert.deepEqual(liveOf('--seconds', '30'), { speed: 1, seconds: 30 })
    assert.deepEqual(liveOf('--speed', '2.5'), { speed: 2.5, seconds: undefined })
  })

  it('take times as other commands do', () => {
    assert.equal(planOf('--start', '-10m').start, NOW - 600_000)
    assert.equal(planOf('--start', '2026-12-01T11:00:00Z').start, NOW - 3_600_000)
    assert.equal(planOf('--start', '1796122800').start, 1_796_122_800_000)
  })

  it('choose what the stream has', () => {
    const everything = [
      '--input',
      'both',
      '--renditions',
      '2',
      '--language',
      'pt-BR',
      '--subtitles',
      '--ads',
      '30s',
      '--id3',
    ]
    const { inputs, stream } = planOf(...everything)
    assert.deepEqual(inputs, [0, 1])
    assert.deepEqual(stream, { renditions: 2, language: 'pt-BR', subtitles: true, breakSeconds: 30, hasId3: true })
  })

  const REFUSED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--past', '24h'], /--past must be at most 23h/],
    [['--past', '10'], /--past must be a length such as 90s/],
    [['--past', '10m', '--start', '-10m'], /exclude each other/],
    [['--start', 'yesterday'], /--start must be a time, not "yesterday"/],
    [['--start', '2020-01-01T00:00:00Z'], /--start must be within 23 hours/],
    [['--input', '3'], /--input must be 1, 2 or both/],
    [['--speed', '0'], /--speed must be a number from 0.1 to 100/],
    [['--renditions', '3'], /--renditions must be 1 or 2/],
    [['--ads', '5s'], /--ads must be an even number of seconds/],
    [['--language', '../x'], /--language must be like fr/],
    [['--colour'], /Unknown option '--colour'/],
  ]
  for (const [args, message] of REFUSED) {
    it(`refuse ${args.join(' ')}`, () => assert.throws(() => planOf(...args), { name: 'CommandMisused', message }))
  }
})
