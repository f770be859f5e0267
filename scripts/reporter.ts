/**
 * A reporter for `node --test`: one line for each file, everything about each failure, and the totals as Node has them.
 */
import type { TestEvent } from 'node:test/reporters'
import { againCommand, failureText, Tally, totalsText } from './tally.ts'

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tally = new Tally()
  for await (const event of source) {
    const text = tally.take(event)
    if (text !== '') yield text
  }
  yield failureText(tally.failures, (failure) => [againCommand(failure)])
  if (tally.totals) yield totalsText(tally.totals)
}
