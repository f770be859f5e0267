import type { Fault } from './fault.ts'

/** In what is measured. */
export const METRICS_FAULTS: readonly Fault[] = [
  {
    name: 'metrics-without-the-token',
    breaks: 'Whoever reaches the port reads metrics, whatever token is set.',
    file: 'src/configured-metrics.ts',
    find: '() => true : bearerOf(token)',
    replace: '() => true : (_?: string) => bearerOf(token) !== undefined',
    caughtBy: { file: 'src/configured-metrics.test.ts', cases: 'the listener of metrics with a token' },
    failure: /200 !== 401/,
  },
  {
    name: 'late-request-of-a-deleted-endpoint',
    breaks: 'A request that ends after its endpoint was deleted makes series that stay for ever.',
    file: 'src/measurement/named-resources.ts',
    find: 'if (!taken) nouns.deletedAt.set(noun.id, this.deps.stopwatch())',
    replace: 'if (!taken) this.remove(nouns.label, [noun.id])',
    caughtBy: { file: 'src/measurement/measuring.test.ts', cases: 'is forgotten with what is deleted' },
    failure: /input did not match|expected to not match/,
  },
  {
    name: 'series-of-the-id-before',
    breaks: 'A channel goes on with what was measured of the one that had its id before.',
    file: 'src/measurement/named-resources.ts',
    find: 'if (nouns.deletedAt.delete(noun.id)) this.remove(nouns.label, [noun.id])',
    replace: 'nouns.deletedAt.delete(noun.id)',
    caughtBy: { file: 'src/measurement/measuring.test.ts', cases: 'is not of what was deleted' },
    failure: /strictly deep-equal/,
  },
  {
    name: 'age-of-a-stream-that-has-ended',
    breaks: 'The live edge of a stream that has ended grows older and older.',
    file: 'src/measurement/live-edges.ts',
    find: 'edge && !edge.hasEnded ?',
    replace: 'edge ?',
    caughtBy: { file: 'src/measurement/measuring.test.ts', cases: 'is how old the live edge is' },
    failure: /deep-equal/,
  },
  {
    name: 'bucket-without-its-bound',
    breaks: 'What takes exactly as long as a bucket says is not counted in it.',
    file: 'src/prometheus-metrics.ts',
    find: 'value > buckets[at]!) at++',
    replace: 'value >= buckets[at]!) at++',
    caughtBy: { file: 'src/prometheus-metrics.test.ts', cases: 'have a histogram whose buckets' },
    failure: /deep-equal/,
  },
]
