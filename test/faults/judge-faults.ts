import type { Fault } from './fault.ts'

/** What only real players and real time show; and faults of the players' page and of the encoder themselves. */
export const JUDGE_FAULTS: readonly Fault[] = [
  {
    name: 'failover-after-eight-seconds',
    breaks: 'A channel goes over to its other input five seconds later than it says.',
    file: 'src/model/output-timeline/failover.ts',
    find: 'return Math.max(1.5 * msFromTicks(segmentDuration), 2 * msFromTicks(inputSegment))',
    replace: 'return 5000 + Math.max(1.5 * msFromTicks(segmentDuration), 2 * msFromTicks(inputSegment))',
    caughtBy: { file: 'test/e2e/two-inputs.test.ts', cases: 'goes on from the second within the stated time' },
    failure: /\d ms, the machine was late by [\d.]+ ms$/m,
  },
  {
    name: 'segment-five-seconds-late',
    breaks: 'Every tenth segment is sent five seconds after it was asked for.',
    file: 'src/origin/origin.ts',
    find: '      const segment = await segments.find(endpoint, path, segmentRequest)\n',
    replace: `    if (/7\\.\\w+$/.test(path)) await new Promise((resolve) => setTimeout(resolve, 5000))
    const segment = await segments.find(endpoint, path, segmentRequest)
`,
    caughtBy: { file: 'test/e2e/live.test.ts', cases: 'gives every segment before' },
    failure: /7\.ts\S* took [5-9]\d{3} ms, the machine was late by/,
  },
  {
    name: 'encoder-repeats-a-segment',
    breaks: 'An encoder sends the media of one segment again under the name of the next.',
    file: 'test/judges/pusher.ts',
    find: 'const segment = rendition.segment(number)',
    replace: 'const segment = rendition.segment(number === 2 ? 1 : number)',
    caughtBy: { file: 'test/e2e/encoder-habits.test.ts', cases: 'may put a segment and a playlist twice' },
    failure: /lists\s+0 1 \| 3 4/,
  },
  {
    name: 'player-stands-still-for-three-seconds',
    breaks: 'A player shows no new picture for three seconds, though it has media.',
    file: 'test/judges/player.html',
    find: '    engine.load(url)\n',
    replace: `    engine.load(url)
    const pause = () => {
      setTimeout(() => video.pause(), 1000)
      setTimeout(() => video.play(), 4000)
    }
    video.addEventListener('timeupdate', pause, { once: true })
`,
    caughtBy: { file: 'test/e2e/live.test.ts', cases: 'plays live in hls.js' },
    failure: /does not keep pace/,
  },
  {
    name: 'judge-takes-a-picture-that-stands',
    breaks: 'A player keeps pace while it shows one picture for ever.',
    file: 'test/judges/player.ts',
    find: 'if (!isBehind && !isAhead && pictures > 0) return last',
    replace: 'if (!isBehind && !isAhead) return last',
    caughtBy: { file: 'test/judges/player.test.ts', cases: 'says so when no picture follows the first one' },
    failure: /Missing expected rejection/,
  },
  {
    name: 'player-skips-two-seconds',
    breaks: 'A player leaves out two seconds of what it plays.',
    file: 'test/judges/player.html',
    find: '    engine.load(url)\n',
    replace: `    engine.load(url)
    const skip = () => {
      setTimeout(() => { video.currentTime += 2 }, 1500)
    }
    video.addEventListener('timeupdate', skip, { once: true })
`,
    caughtBy: { file: 'test/e2e/live.test.ts', cases: 'plays live in hls.js' },
    failure: /does not keep pace/,
  },
]
