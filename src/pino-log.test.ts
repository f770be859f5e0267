import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openLog } from './pino-log.ts'

function logged(format: 'json' | 'text', fields: object, level = 'info'): string {
  const lines: string[] = []
  openLog({ level, format, write: (line) => lines.push(line) }).info(fields, 'it happened')
  return lines.join('')
}

describe('the log', () => {
  it('is one JSON object a line for machines', () => {
    const line = logged('json', { channel: 'news' })
    assert.match(line, /\n$/)
    const { time, ...rest } = JSON.parse(line) as Record<string, string>
    assert.match(time!, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    assert.deepEqual(rest, { level: 30, channel: 'news', msg: 'it happened' })
  })

  it('is a sentence and fields for people', () => {
    assert.match(
      logged('text', { channel: 'news', why: 'two words' }),
      /^[\d:.]{12} info {2}it happened channel=news why="two words"\n$/,
    )
  })

  it('shows where an error came from', () => {
    const error = new RangeError('too far', { cause: new Error('a step') })
    assert.match(logged('text', { error }), /it happened\nRangeError: too far\n {4}at [\s\S]*Error: a step\n {4}at /)
    const { error: shown } = JSON.parse(logged('json', { error })) as { error: Record<string, string> }
    assert.deepEqual([shown['type'], shown['message']], ['RangeError', 'too far: a step'])
    assert.match(shown['stack']!, /pino-log\.test\.ts/)
  })

  it('leaves out what is below its level', () => {
    assert.equal(logged('json', {}, 'warn'), '')
  })

  it('never shows a secret, three levels deep', () => {
    const secrets = {
      password: 'hush',
      credentials: { any: 'hush' },
      authorization: 'Digest hush',
      secretAccessKey: 'hush',
    }
    for (const fields of [secrets, { config: secrets }, { config: { ingest: secrets } }]) {
      assert.doesNotMatch(logged('json', fields), /hush/)
    }
  })
})
