import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { LogFields } from '../log.ts'
import { utcMs } from '../media/time.ts'
import { CdnIdentifiers } from './cdn-identifiers.ts'
import { firstOf, type SecretStore, type StoredSecret } from './secret-store.ts'

const REF = { cdnIdentifierSecret: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn', secretsRoleArn: 'role' }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const opened: CdnIdentifiers[] = []
afterEach(() => {
  for (const identifiers of opened.splice(0)) identifiers.close()
})

/** Identifiers by a store that answers as `answer` says; the clock stands until it is set. */
class Fixture {
  now = 0
  looks = 0
  answer: () => Promise<StoredSecret | undefined>
  readonly lines: LogFields[] = []
  readonly identifiers: CdnIdentifiers

  constructor(answer: StoredSecret | (() => Promise<StoredSecret | undefined>)) {
    this.answer = typeof answer === 'function' ? answer : async () => answer
    const line = (fields: LogFields) => void this.lines.push(fields)
    const store: SecretStore = {
      get: () => {
        this.looks++
        return this.answer()
      },
    }
    const log = { info: line, warn: line, error: line }
    this.identifiers = new CdnIdentifiers({ store: firstOf([store]), clock: () => utcMs(this.now), log })
    opened.push(this.identifiers)
  }

  judge(value: string) {
    return this.identifiers.judge(REF, Buffer.from(value))
  }
}

const versions = (current: string, previous?: string): StoredSecret => ({ current, previous, freshMs: MINUTE })
const away = async () => {
  throw new Error('The store is away.')
}

describe('the identifier of a CDN', () => {
  it('is the current or the previous version of the secret, and no other', async () => {
    const secret = new Fixture(versions('{"MediaPackageCDNIdentifier":"the-second-one"}', 'the-first-one'))
    assert.equal(await secret.judge('the-second-one'), 'accepted')
    assert.equal(await secret.judge('the-first-one'), 'accepted')
    assert.equal(await secret.judge('the-third-one'), 'wrong')
    assert.equal(await secret.judge('THE-FIRST-ONE'), 'wrong')
    assert.equal(await secret.judge(''), 'wrong')
    assert.equal(secret.looks, 1)
  })

  it('is looked up again when it is wrong, at most once in ten seconds, however many guess', async () => {
    const secret = new Fixture(versions('the-first-one'))
    assert.equal(await secret.judge('the-first-one'), 'accepted')
    secret.answer = async () => versions('the-second-one', 'the-first-one')
    secret.now = 9_999
    assert.equal(await secret.judge('the-second-one'), 'wrong')
    secret.now = 10_000
    const all = await Promise.all(Array.from({ length: 1000 }, () => secret.judge('the-second-one')))
    assert.deepEqual(new Set(all), new Set(['accepted']))
    for (let ms = 0; ms < 60_000; ms += 100) {
      secret.now += 100
      await secret.judge('a-guess-of-mine')
    }
    assert.equal(secret.looks, 1 + 1 + 6)
  })

  it('is refused after two saves: at once where nobody asked meanwhile, and else within 75 seconds', async () => {
    const quiet = new Fixture(versions('the-first-one'))
    const busy = new Fixture(versions('the-first-one'))
    for (const secret of [quiet, busy]) {
      await secret.judge('the-first-one')
      secret.answer = async () => versions('the-third-one', 'the-second-one')
    }
    quiet.now = 30 * MINUTE
    assert.equal(await quiet.judge('the-first-one'), 'wrong')
    while (busy.now < 75_000) {
      busy.now += 100
      await busy.judge('the-first-one')
    }
    assert.equal(await busy.judge('the-first-one'), 'wrong')
    assert.ok(busy.lines.some(({ event }) => event === 'secret-changed'))
  })

  it('is accepted for an hour while the store is away, and then not', async () => {
    const secret = new Fixture(versions('the-first-one'))
    await secret.judge('the-first-one')
    secret.answer = away
    for (secret.now = MINUTE; secret.now <= HOUR; secret.now += 10_000) {
      assert.equal(await secret.judge('the-first-one'), 'accepted', `after ${secret.now} ms`)
    }
    secret.now = HOUR + 1
    assert.equal(await secret.judge('the-first-one'), 'unavailable')
    secret.now = 2 * HOUR
    assert.equal(await secret.judge('the-first-one'), 'unavailable')
    assert.equal(secret.lines.filter(({ event }) => event === 'secret-unavailable').length, 1)
    secret.answer = async () => versions('the-first-one')
    secret.now += 10_000
    assert.equal(await secret.judge('the-first-one'), 'accepted')
  })

  it('is refused an hour after the secret was deleted', async () => {
    const secret = new Fixture(versions('the-first-one'))
    await secret.judge('the-first-one')
    secret.answer = async () => undefined
    secret.now = HOUR
    assert.equal(await secret.judge('the-first-one'), 'accepted')
    secret.now = HOUR + 10_000
    assert.equal(await secret.judge('the-first-one'), 'unavailable')
  })

  it('is refused where nothing is known, and the store is asked every ten seconds', async () => {
    const secret = new Fixture(away)
    for (; secret.now < MINUTE; secret.now += 100) assert.equal(await secret.judge('the-first-one'), 'unavailable')
    assert.equal(secret.looks, 6)
    secret.answer = async () => versions('the-first-one')
    secret.now = MINUTE
    assert.equal(await secret.judge('the-first-one'), 'accepted')
  })

  for (const [what, current, reason] of [
    ['too short', 'seven77', /has 7 characters/],
    ['too long', 'x'.repeat(129), /has 129 characters/],
    ['empty', '', /has 0 characters/],
    ['no JSON', '{"MediaPackageCDNIdentifier":"hushhushhush"', /is not valid JSON/],
    ['of two pairs', '{"MediaPackageCDNIdentifier":"hushhushhush","b":"c"}', /the one pair/],
    ['of another pair', '{"CDNIdentifier":"hushhushhush"}', /the one pair/],
    ['a number', '{"MediaPackageCDNIdentifier":1234567890}', /the one pair/],
    ['with a line feed', '{"MediaPackageCDNIdentifier":"hush\\nhush"}', /a header cannot carry/],
    ['with a blank at its end', 'hushhush ', /a header cannot carry/],
  ] as const) {
    it(`is never accepted of a document that is ${what}, and of that is warned once`, async () => {
      const secret = new Fixture(versions(current))
      for (; secret.now < 5 * MINUTE; secret.now += 5000) {
        for (const value of ['hushhushhush', 'seven77', 'hushhush', '']) {
          assert.equal(await secret.judge(value), 'unavailable')
        }
      }
      assert.equal(secret.lines.length, 1)
      const [{ event, reason: logged } = { event: '', reason: '' }] = secret.lines
      assert.equal(event, 'secret-unusable')
      assert.match(String(logged), reason)
      assert.doesNotMatch(JSON.stringify(secret.lines), /hush|seven77/)
    })
  }

  it('must be a JSON document where AWS keeps it', async () => {
    const secret = new Fixture({ ...versions('the-first-one'), isDocument: true })
    assert.equal(await secret.judge('the-first-one'), 'unavailable')
  })

  it('is accepted of the previous version while the current one is unusable', async () => {
    const secret = new Fixture(versions('short', 'the-first-one'))
    assert.equal(await secret.judge('the-first-one'), 'accepted')
    assert.equal(await secret.judge('short'), 'wrong')
  })

  it('may have characters that are not ASCII, as UTF-8', async () => {
    const secret = new Fixture(versions('Schlüssel'))
    assert.equal(await secret.judge('Schlüssel'), 'accepted')
    assert.equal(await secret.identifiers.judge(REF, Buffer.from('Schlüssel', 'latin1')), 'wrong')
  })

  it('is looked up once for a crowd that comes when nothing is known', async () => {
    const { promise, resolve } = Promise.withResolvers<StoredSecret>()
    const secret = new Fixture(() => promise)
    const crowd = Array.from({ length: 1000 }, () => secret.judge('the-first-one'))
    await new Promise(setImmediate)
    resolve(versions('the-first-one'))
    assert.deepEqual(new Set(await Promise.all(crowd)), new Set(['accepted']))
    assert.equal(secret.looks, 1)
  })

  it('holds up nobody who has a known one while the store does not answer', async () => {
    const secret = new Fixture(versions('the-first-one'))
    await secret.judge('the-first-one')
    secret.answer = () => new Promise(() => {})
    secret.now = MINUTE
    assert.equal(await secret.judge('the-first-one'), 'accepted')
  })

  it('is looked up anew when it is told that everything may have changed', async () => {
    const secret = new Fixture(versions('the-first-one'))
    await secret.judge('the-first-one')
    secret.answer = async () => versions('the-third-one', 'the-second-one')
    secret.identifiers.doubt()
    assert.equal(await secret.judge('the-first-one'), 'wrong')
    assert.equal(await secret.judge('the-third-one'), 'accepted')
  })
})
