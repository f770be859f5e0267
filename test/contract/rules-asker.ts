import assert from 'node:assert/strict'
import { ACCOUNT_ID, type ControlUnderTest, call, type RawAnswer, startControl } from './control-under-test.ts'

/** When all these requests are sent. */
export const NOW = Date.parse('2026-03-04T12:00:00Z')
export const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/keys`

/** What is sent, and the path the 422 must begin with; a regular expression says the rule too. */
export type Row = readonly [body: object, refused: string | RegExp]

/** Asks a control room whose clock stands still. */
export type Asker = {
  readonly control: ControlUnderTest
  ask(method: string, target: string, body?: object): Promise<RawAnswer>
  /** Succeeds when the request does, with its answer. */
  made(path: string, body: object): Promise<Readonly<Record<string, unknown>>>
  /** Succeeds when the request is refused with 422 and `rule`. */
  refused(method: string, target: string, body: object, rule: string | RegExp): Promise<void>
}

export async function startAsker(options: Parameters<typeof startControl>[0] = {}): Promise<Asker> {
  const now = options.now ?? (() => NOW)
  const control = await startControl({ ...options, now })

  async function ask(method: string, target: string, body: object = {}): Promise<RawAnswer> {
    const [path = '', search = ''] = target.split('?')
    const query: Record<string, string[]> = {}
    for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value]
    const sent = method.startsWith('P') ? { body: JSON.stringify(body) } : {}
    return await call(control.endpoint, { method, path, query, ...sent }, new Date(now()))
  }

  return {
    control,
    ask,
    async made(path, body) {
      const answer = await ask('POST', path, body)
      assert.equal(answer.status, 200, answer.text)
      return answer.json as Readonly<Record<string, unknown>>
    },
    async refused(method, target, body, rule) {
      const answer = await ask(method, target, body)
      assert.equal(answer.status, 422, answer.text)
      assert.equal(answer.errorType, 'UnprocessableEntityException')
      const { message } = answer.json as { message: string }
      if (typeof rule === 'string') assert.ok(message.startsWith(rule.includes(':') ? rule : `${rule}: `), message)
      else assert.match(message, rule)
    },
  }
}
