import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answering, healthMounts, unlessStopping } from './health.ts'
import { listen } from './listener.ts'

const silent = { info() {}, warn() {}, error() {} }

async function ask(
  check: () => Promise<readonly string[]>,
  path: string,
  {
    method = 'GET',
    stopping = new AbortController().signal,
    notes = [],
  }: { method?: string; stopping?: AbortSignal; notes?: string[] } = {},
) {
  const mounts = healthMounts(unlessStopping(check, stopping), () => notes)
  const listener = await listen({ name: 'test', host: '127.0.0.1', port: 0, mounts, log: silent })
  try {
    const response = await fetch(`http://127.0.0.1:${listener.address.port}${path}`, { method })
    return { status: response.status, text: await response.text() }
  } finally {
    await listener.close()
  }
}

describe('health', () => {
  const ready = async () => []
  const broken = async () => Promise.reject(new Error('secret detail'))

  it('says the process is alive whatever the readiness check says', async () => {
    assert.deepEqual(await ask(broken, '/healthz'), { status: 200, text: 'ok\n' })
  })
  it('is ready when nothing is amiss', async () => {
    assert.deepEqual(await ask(ready, '/readyz'), { status: 200, text: 'ok\n' })
  })
  it('is not ready for the reasons given', async () => {
    assert.deepEqual(await ask(async () => ['no disk', 'no index'], '/readyz'), {
      status: 503,
      text: 'no disk\nno index\n',
    })
  })
  it('is ready all the same when there is something to note', async () => {
    const notes = ['the certificate of a.example.com expires soon']
    assert.deepEqual(await ask(ready, '/readyz', { notes }), {
      status: 200,
      text: 'ok\nthe certificate of a.example.com expires soon\n',
    })
    assert.deepEqual(await ask(ready, '/healthz', { notes }), { status: 200, text: 'ok\n' })
    assert.deepEqual(await ask(async () => ['no disk'], '/readyz', { notes }), { status: 503, text: 'no disk\n' })
  })
  it('names the services that do not answer', async () => {
    const check = answering({ 'the database': ready, 'the bucket': broken }, () => 0)
    assert.deepEqual(await ask(check, '/readyz'), { status: 503, text: 'the bucket does not answer\n' })
  })
  it('is ready for ten seconds after the last answer of a service', async () => {
    let now = 5000
    let works = true
    const check = answering({ 'the database': async () => works || Promise.reject(new Error('away')) }, () => now)
    assert.deepEqual(await check(), [])
    works = false
    now += 9999
    assert.deepEqual(await check(), [])
    now++
    assert.deepEqual(await check(), ['the database does not answer'])
    works = true
    assert.deepEqual(await check(), [])
  })
  it('asks each service once for all who ask meanwhile', async () => {
    const answer = Promise.withResolvers<void>()
    let asked = 0
    const bucket = () => {
      asked++
      return answer.promise
    }
    const check = answering({ 'the bucket': bucket }, () => 0)
    const checks = [check(), check()]
    answer.resolve()
    assert.deepEqual(await Promise.all(checks), [[], []])
    assert.equal(asked, 1)
    assert.deepEqual(await check(), [])
    assert.equal(asked, 2)
  })
  it('does not wait for a service that does not answer, nor ask it again meanwhile', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    let asked = 0
    const bucket = () => {
      asked++
      return new Promise(() => {})
    }
    const check = answering({ 'the bucket': bucket }, () => 0)
    for (const _ of [1, 2]) {
      const reasons = check()
      test.mock.timers.tick(2000)
      assert.deepEqual(await reasons, ['the bucket does not answer'])
    }
    assert.equal(asked, 1)
  })
  it('is not ready when the check fails, and keeps the detail to itself', async () => {
    assert.deepEqual(await ask(broken, '/readyz'), { status: 503, text: 'the readiness check failed\n' })
  })
  it('is not ready once the process stops, but alive', async () => {
    const stopping = AbortSignal.abort()
    assert.deepEqual(await ask(ready, '/readyz', { stopping }), { status: 503, text: 'the process is stopping\n' })
    assert.equal((await ask(ready, '/healthz', { stopping })).status, 200)
  })
  it('answers nothing but these two paths, and no other method', async () => {
    assert.equal((await ask(ready, '/readyzz')).status, 404)
    assert.equal((await ask(ready, '/healthz', { method: 'POST' })).status, 405)
  })
})
