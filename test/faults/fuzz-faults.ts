import type { Fault } from './fault.ts'

/** In what fuzz tests have found. */
export const FUZZ_FAULTS: readonly Fault[] = [
  {
    name: 'clock-over-another-packet',
    breaks: 'A PCR that begins a piece of the output is written over the packet that the piece before begins with.',
    file: 'src/media/ts/pes-packets.ts',
    find: 'writePcrPacket(this.piece, to,',
    replace: 'writePcrPacket(this.pieces[0] ?? this.piece, to,',
    caughtBy: { file: 'src/media/ts/pes-packets.test.ts', cases: 'a PCR is written in its order' },
    failure: /Expected values to be strictly deep-equal/,
  },
  {
    name: 'lengths-beyond-dates',
    breaks: 'An offset on the command line may be so long that no date is there.',
    file: 'src/cli/times.ts',
    find: 'return seconds <= MOST_SECONDS ?',
    replace: 'return seconds <= MOST_SECONDS ** 9 ?',
    caughtBy: { file: 'src/cli/times.test.ts', cases: '-9007199254740993m' },
    failure: /RangeError/,
  },
  {
    name: 'entries-without-end',
    breaks: 'A small manifest stands for as many entries as it likes.',
    file: 'src/self-check/listings/timed-entries.ts',
    find: 'this.all.push({ time, duration, before, until })',
    replace:
      'for (let i = before; i < until; i++) this.all.push({ time: time + (i - before) * duration, duration, before: i, until: i + 1 })',
    caughtBy: { file: 'test/fuzz/corpus.test.ts', cases: 'every reader of text' },
    failure: /broken: a track has no more runs than its text has elements/,
  },
]
