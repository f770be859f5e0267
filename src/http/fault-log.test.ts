import assert from 'node:assert/strict'
import { it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { FaultLog } from './fault-log.ts'

it('logs faults at most once a second per key, with how many there were and the last cause', () => {
  const lines: object[] = []
  const log = {
    info() {},
    error() {},
    warn: (fields: object, message: string) => void lines.push({ ...fields, message }),
  }
  let now = 0
  const faults = new FaultLog(log, () => utcMs(now))
  for (; now < 1000; now += 100) faults.report('a', { event: 'segment-unusable', problem: `at ${now}` }, 'bad')
  faults.report('b', { event: 'playlist-refused' }, 'worse')
  faults.report('a', { event: 'segment-unusable', problem: 'at 1000' }, 'bad')
  faults.report('a', { event: 'segment-unusable', problem: 'the last' }, 'bad')
  faults.flush()
  faults.flush()
  assert.deepEqual(lines, [
    { event: 'segment-unusable', problem: 'at 0', count: 1, message: 'bad' },
    { event: 'playlist-refused', count: 1, message: 'worse' },
    { event: 'segment-unusable', problem: 'at 1000', count: 10, message: 'bad' },
    { event: 'segment-unusable', problem: 'the last', count: 1, message: 'bad' },
  ])
})
