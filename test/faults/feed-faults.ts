import type { Fault } from './fault.ts'

/** In the test stream, and in how it is fed. */
export const FEED_FAULTS: readonly Fault[] = [
  {
    name: 'loop-with-a-seam',
    breaks: 'The test stream loses packets, by its counters, wherever its loop begins anew.',
    file: 'src/media/ts/looped-segments.ts',
    find: 'const before = (loop % 16) * (this.packets.get(pid) ?? 0) +',
    replace: 'const before =',
    caughtBy: { file: 'src/feed/test-stream.test.ts', cases: 'number the packets of each PID on' },
    failure: /PID \d+ at \d+/,
  },
  {
    name: 'feed-in-spite-of-the-limit',
    breaks: 'A feed goes on at once when a server has asked it to wait.',
    file: 'src/feed/delivery.ts',
    find: 'this.heldUntil = Math.max(this.heldUntil, this.pace.now() + Math.min(seconds, MOST_RETRY_AFTER) * 1000)',
    replace: 'this.heldUntil = 0',
    caughtBy: { file: 'src/feed/delivery.test.ts', cases: 'waits as long as a server asks' },
    failure: /3000/,
  },
  {
    name: 'feed-of-both-at-one',
    breaks: 'With two inputs, a feed leaves one without media.',
    file: 'src/feed/feeder.ts',
    find: 'await Promise.all(deliveries.map((delivery)',
    replace: 'await Promise.all(deliveries.slice(0, 1).map((delivery)',
    caughtBy: { file: 'src/feed/feeder.test.ts', cases: 'feeds both inputs the same' },
    failure: /18/,
  },
]
