/** What befalls two nodes with encrypted endpoints, and their key server, one after the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import { apiOf } from '../judges/aws.ts'
import { eventually } from '../judges/processes.ts'
import { type Behaviour, type KeyRequest, never, slowly } from '../keys/key-server-proxy.ts'
import { guidOf } from './encrypted-nodes.ts'
import { CMAF, HLS, type KeyRun } from './key-run.ts'

/** Before there is media, and while a process that was killed has a claim. */
const NOTHING_YET = /^404 There is nothing to show yet/

/** Keys of both endpoints change for a minute, and each is requested once. */
export async function rotating(run: KeyRun, seconds: number): Promise<void> {
  await sleep(seconds * 1000)
  const { keyServer } = run.bench
  for (const { id } of [HLS, CMAF]) {
    const counts = keyServer.counted(id)
    const twice = [...counts].filter(([, count]) => count !== 1)
    run.expect(twice.length === 0, `requests by period of ${id}: ${JSON.stringify(twice)}`)
    run.figures[`rotation, requests of ${id}`] =
      `${keyServer.requests.filter(({ contentId }) => contentId === id).length}, for ${counts.size} periods`
  }
  run.judge('rotation', NOTHING_YET)
}

type Moment = 'before the request' | 'while the answer is awaited' | 'as the answer arrives' | 'after'
export const MOMENTS: readonly Moment[] = [
  'before the request',
  'while the answer is awaited',
  'as the answer arrives',
  'after',
]

/** kill -9 of the node that requests keys, at moments around a rotation. */
export async function killing(run: KeyRun, moment: Moment, scene: string): Promise<void> {
  const { keyServer } = run.bench
  const from = keyServer.requests.length
  const wanted = ({ contentId }: KeyRequest) => contentId === HLS.id
  const victim = Promise.withResolvers<KeyRequest>()
  const die = (request: KeyRequest) => {
    if (request.pid !== undefined) process.kill(request.pid, 'SIGKILL')
    victim.resolve(request)
  }
  if (moment === 'while the answer is awaited') {
    keyServer.behave = async (request): Promise<Behaviour> => {
      if (!wanted(request) || request.pid === undefined) return 'pass'
      keyServer.behave = async () => 'pass'
      await sleep(500)
      die(request)
      return 'away'
    }
  } else if (moment === 'as the answer arrives') {
    keyServer.answered = (request) => {
      if (!wanted(request) || request.pid === undefined) return
      keyServer.answered = () => {}
      die(request)
    }
  } else {
    const request = await keyServer.next((each) => wanted(each) && each.pid !== undefined)
    await sleep(moment === 'after' ? 300 : HLS.intervalSeconds * 1000 - 150)
    die(request)
  }
  const { pid, period } = await victim.promise
  const node = run.bench.nodes.find((each) => !each.alive || each.pid === pid)
  if (!node) return run.expect(false, `${scene}: no node has made the request`)
  await run.killed(node, 2000)
  await eventually(
    'a later key',
    () => keyServer.requests.slice(from).some((each) => wanted(each) && each.period > period + 1) || undefined,
  )
  await sleep(3000)
  run.judge(scene)
}

/** No period was without keys, none had those of another, and all nodes give what was given before. */
export async function afterKills(run: KeyRun): Promise<void> {
  for (const [id, audit] of run.audits) {
    const periods = [...audit.kids.keys()].toSorted((a, b) => a - b)
    const distinct = new Set(audit.kids.values()).size
    const given = await run.bench.givenFor(guidOf(run.paths.get(id)!))
    // As long as nobody may take over from a node that was killed.
    const reused = periods.filter((period) => given.get(period) !== period).length
    run.figures[`after the kills, ${id}, periods with the keys of an earlier one`] = `${reused} of ${periods.length}`
    run.expect(periods.at(-1)! - periods[0]! + 1 === periods.length, `${id}: periods are missing of ${periods}`)
    run.expect(distinct + reused === periods.length, `${id}: ${distinct} keys for ${periods.length} periods`)
  }
  await lookAgain(run, 'after the kills')
  const { keyServer } = run.bench
  const counts = [...keyServer.counted(HLS.id).values(), ...keyServer.counted(CMAF.id).values()]
  run.figures['after the kills, requests'] = `${counts.reduce((a, b) => a + b, 0)} for ${counts.length} periods`
}

/** All that was ever listed, at each node once more. */
async function lookAgain(run: KeyRun, scene: string): Promise<void> {
  const window = `?start=${Math.floor(run.pusher.dateOf(0) / 1000)}&end=${Math.floor(Date.now() / 1000) - 3}`
  for (const [id, audit] of run.audits) {
    audit.askAgain()
    const playlists = []
    for (const node of run.bench.nodes) playlists.push(await audit.look(node, window))
    run.expect(playlists[0] !== undefined && playlists[0] === playlists[1], `${scene}, ${id}: playlists differ`)
  }
  run.judge(scene)
}

/** The key server is in trouble; new key periods have the last key, and new ones when it is well again. */
export async function troubled(
  run: KeyRun,
  trouble: 'away' | 'refuse' | 'wrong' | 'hanging',
  seconds: number,
): Promise<void> {
  const { keyServer, nodes } = run.bench
  const eventsBefore = (await failures(run)).length
  const requestsBefore = keyServer.requests.length
  keyServer.behave = trouble === 'hanging' ? never : async () => trouble
  const began = Date.now()
  await sleep(seconds * 1000)
  if (trouble === 'refuse') {
    for (const node of nodes) {
      await node.stop()
      await node.start()
    }
    await sleep(5000)
  }
  const during = Date.now() - began
  const failed = keyServer.requests.length - requestsBefore
  const audit = run.audits.get(HLS.id)!
  const lastPeriod = Math.max(...audit.kids.keys())
  keyServer.behave = async () => 'pass'
  const back = Date.now()
  const known = new Set(audit.kids.values())
  await eventually('a new key', () => [...audit.kids.values()].some((kid) => !known.has(kid)) || undefined)
  const after = Date.now() - back
  const given = await run.bench.givenFor(guidOf(run.paths.get(HLS.id)!))
  const reused = [...given].filter(([period, of]) => period !== of)
  run.expect(reused.length > 0, `${trouble}: no period had the keys of an earlier one`)
  for (const [period, of] of reused) {
    const [kid, earlier] = [audit.kids.get(period), audit.kids.get(of)]
    run.expect(
      kid === undefined || kid === earlier,
      `${trouble}: ${period} has ${kid}, and is on record with that of ${of}`,
    )
  }
  const all = await failures(run)
  const events = all.slice(eventsBefore)
  const minutes = new Set(all.map(({ at, guid }) => `${guid} ${minuteOf(at)}`))
  run.expect(minutes.size === all.length, `${trouble}: ${all.length} events in ${minutes.size} minutes`)
  for (const { at, guid } of refusedAt(run)) {
    // The line may be of the minute before.
    const isTold = [0, 1].some((n) => minutes.has(`${guid} ${minuteOf(at) + n}`))
    run.expect(isTold, `${trouble}: no event of the minute of ${new Date(at).toISOString()}`)
  }
  run.figures[`${trouble} for ${Math.round(during / 1000)} s`] =
    `${failed} requests of both nodes, ${events.length} events, periods up to ${lastPeriod} on record with earlier keys: ${reused.length}; ` +
    `a new key ${(after / 1000).toFixed(1)} s after it; slowest answer ${Math.round(audit.slowest)} ms`
  await lookAgain(run, trouble)
}

/** Answers take their time. */
export async function slow(run: KeyRun, ms: number, seconds: number): Promise<void> {
  const { keyServer } = run.bench
  keyServer.behave = slowly(ms)
  const reused = linesOf(run, 'content-keys-reused').length
  await sleep(seconds * 1000)
  keyServer.behave = async () => 'pass'
  const more = linesOf(run, 'content-keys-reused').length - reused
  run.expect(more === 0, `answers after ${ms} ms: ${more} periods had the keys of an earlier one`)
  run.judge(`answers after ${ms} ms`)
}

/** An endpoint whose key server has never answered. */
export async function awayFromTheStart(run: KeyRun, seconds: number): Promise<void> {
  const { keyServer, nodes } = run.bench
  const events = (await failures(run)).length
  keyServer.behave = async ({ contentId }) => (contentId === 'late' ? 'refuse' : 'pass')
  const path = await run.bench.hls({ id: 'late', intervalSeconds: 10 })
  const began = Date.now()
  const seen = new Map<string, number>()
  while (Date.now() - began < seconds * 1000) {
    for (const { url } of nodes) {
      const response = await fetch(`${url}${path}`)
      const answer = `${response.status} Retry-After: ${response.headers.get('retry-after')} ${(await response.text()).trim()}`
      if (!/nothing to show yet/.test(answer)) seen.set(answer, (seen.get(answer) ?? 0) + 1)
    }
    await sleep(500)
  }
  keyServer.behave = async () => 'pass'
  const back = Date.now()
  const times = await Promise.all(
    nodes.map(async ({ url }) => {
      await eventually('to play', async () => (await fetch(`${url}${path}`)).ok || undefined)
      return ((Date.now() - back) / 1000).toFixed(1)
    }),
  )
  const asked = keyServer.requests.filter(({ contentId }) => contentId === 'late')
  for (const answer of seen.keys())
    run.expect(answer.startsWith('404 Retry-After: 5 '), `away from the start: ${answer}`)
  run.expect(seen.size > 0, 'away from the start: nothing was refused')
  const told = (await failures(run)).slice(events).filter(({ guid }) => guid === guidOf(path))
  run.expect(told.length >= 1 && told.length <= 1 + seconds / 60 + 1, `away from the start: ${told.length} events`)
  run.figures[`away from the start for ${seconds} s`] =
    `${asked.length} requests, ${told.length} events; plays ${times.join(' s and ')} s after it is back; ${[...seen].map(([answer, count]) => `${count} × ${answer}`).join('; ')}`
}

/** A node with another key-encryption key, and with none. */
export async function otherKeyEncryptionKey(run: KeyRun): Promise<void> {
  const { nodes } = run.bench
  const [good, bad] = nodes as readonly [(typeof nodes)[0], (typeof nodes)[0]]
  for (const audit of run.audits.values()) await audit.stop()
  const segment = [...run.audits.get(HLS.id)!.segments.values()].at(-1)!.path
  for (const [what, key, event] of [
    ['another', 'c3'.repeat(32), 'content-keys-unreadable'],
    ['no', '', 'key-encryption-key-missing'],
  ] as const) {
    const before = await run.bench.rows()
    const logged = linesOf(run, event).length
    await bad.stop()
    await bad.start({ WINDROW_KEY_ENCRYPTION_KEY: key })
    // It may have the work of requesting keys ahead for as long as it takes to find that it cannot.
    await sleep(15_000)
    const answers = await Promise.all(
      [run.paths.get(HLS.id)!, segment, run.paths.get(CMAF.id)!].map(async (path) => {
        const response = await fetch(`${bad.url}${path}`)
        return `${response.status} ${(await response.text()).trim()}`
      }),
    )
    const clear = await fetch(`${bad.url}${run.paths.get('clear')!}`)
    run.expect(clear.ok, `${what} key-encryption key: an endpoint in the clear is ${clear.status}`)
    for (const answer of answers)
      run.expect(/^404 .*key-encryption-key/.test(answer), `${what} key-encryption key: ${answer}`)
    const rows = await run.bench.rows()
    const changed = [...before].filter(([place, digest]) => rows.has(place) && rows.get(place) !== digest)
    run.expect(changed.length === 0, `${what} key-encryption key: ${changed.length} rows were changed`)
    const lines = linesOf(run, event).length - logged
    run.expect(lines > 0, `${what} key-encryption key: nothing in the log`)
    for (const audit of run.audits.values()) await audit.look(good)
    run.figures[`${what} key-encryption key`] =
      `${answers[0]}; ${lines} lines of ${event}; ${rows.size - before.size} rows more, none changed`
  }
  await bad.stop()
  await bad.start()
  await lookAgain(run, 'the right key-encryption key again')
  for (const audit of run.audits.values()) audit.start()
}

type Failure = { readonly guid: string; readonly at: number }

/** KeyProviderError events so far. */
async function failures(run: KeyRun): Promise<readonly Failure[]> {
  type Event = {
    readonly time: string
    readonly resources: readonly string[]
    readonly detail: { readonly event?: string }
  }
  type Page = { readonly events: readonly Event[]; readonly nextToken?: string }
  const found: Failure[] = []
  const api = apiOf(run.bench.nodes[0]!)
  for (let token: string | undefined; ; ) {
    const page: Page = (await api.ask('GET', 'events', { query: { maxResults: '100', nextToken: token } })) as Page
    for (const { time, resources, detail } of page.events) {
      if (detail.event !== 'KeyProviderError') continue
      found.push({ guid: resources[0]!.split('/').at(-1)!, at: Date.parse(time) })
    }
    token = page.nextToken
    if (!token) return found.toSorted((a, b) => a.at - b.at)
  }
}

const minuteOf = (at: number) => Math.floor(at / 60_000)

/** Failures that the nodes have logged. */
function refusedAt(run: KeyRun): readonly Failure[] {
  type Line = { readonly time: string; readonly originEndpoint: string }
  const lines = linesOf(run, 'content-keys-refused').map((line) => JSON.parse(line) as Line)
  return lines.flatMap(({ time, originEndpoint }) => {
    const path = run.paths.get(originEndpoint)
    return path === undefined ? [] : [{ guid: guidOf(path), at: Date.parse(time) }]
  })
}

/** Lines of both nodes about an event. */
function linesOf({ bench }: KeyRun, event: string): readonly string[] {
  return bench.nodes.flatMap(({ log }) => log.split('\n').filter((line) => line.includes(`"event":"${event}"`)))
}
