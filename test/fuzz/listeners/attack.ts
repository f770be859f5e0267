/**
 * Sends broken requests, as a program of its own: `node attack.ts <AttackPlan>`, until SIGUSR2, when it writes its
 * AttackCounts as JSON. A request follows from the seed and its number, except for its nonce and signature.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { mutant, type Random, seeded } from '../mutants.ts'
import type { AttackCounts, AttackPlan } from './plan.ts'
import { DigestHeaders, type SeedRequest, seedRequests, signedHeaders } from './seeds.ts'
import { brokenBody, brokenTarget, brokenWire, wireOf } from './wire-mutants.ts'

const plan = JSON.parse(process.argv[2]!) as AttackPlan
const SEEDS = seedRequests(plan)
const TARGETS = SEEDS.map(({ target }) => target)
/** How long an answer is waited for: a request that was cut off gets none. */
const PATIENCE_MS = 100
const REQUESTS_A_CONNECTION = 16
const MOST_FAILURES = 20
const STATUS = /HTTP\/1\.1 (\d{3})/

const answers: Record<string, number> = {}
const failures: string[] = []
let [requests, connections] = [0, 0]
let hasEnded = false

// What is measured is the server, not a machine on which the attackers come first.
setPriority(19)
process.once('SIGUSR2', () => {
  hasEnded = true
  const counts: AttackCounts = { requests, connections, answers, failures }
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0))
})

/** The bytes of a broken request; most get past those who authenticate requests, with a broken body or target. */
async function requestOf(random: Random, digest: DigestHeaders): Promise<Buffer> {
  const seed = SEEDS[random(SEEDS.length)]!
  const request: SeedRequest = {
    ...seed,
    target: random(3) === 0 ? brokenTarget(seed.target, random, TARGETS) : seed.target,
    body: random(4) === 0 ? seed.body : brokenBody(seed.body, random),
  }
  const authenticated = { ...request, headers: [...request.headers, ...(await credentialsOf(request, digest, random))] }
  const wire = wireOf(authenticated, plan.host)
  return random(3) === 0 ? brokenWire(wire, random) : wire
}

async function credentialsOf(
  request: SeedRequest,
  digest: DigestHeaders,
  random: Random,
): Promise<SeedRequest['headers']> {
  const { credentials, method, target } = request
  if (credentials === undefined || random(10) === 0) return []
  if (credentials === 'digest') return [digest.of(method, target, random)]
  try {
    return await signedHeaders(plan, { ...request, headers: [] })
  } catch {
    // Some targets are none that clients of AWS can sign.
    return []
  }
}

/** The first answer to what is written, `none` where the connection ends or nothing comes. */
async function exchange(socket: Socket, bytes: Buffer, random: Random): Promise<string> {
  const answered = new Promise<string>((resolve) => {
    const done = (answer: string) => {
      clearTimeout(timer)
      socket.off('data', heard).off('close', closed)
      resolve(answer)
    }
    const timer = setTimeout(() => done(''), PATIENCE_MS)
    const closed = () => done('')
    const heard = (chunk: Buffer) => {
      const text = chunk.toString('latin1', 0, 4096)
      if (STATUS.test(text)) done(text)
    }
    socket.on('data', heard).on('close', closed)
  })
  if (random(20) === 0) {
    for (let at = 0; at < bytes.length && at < 2000; at += 1 + random(200)) await sleep(1)
    const half = random(bytes.length)
    socket.write(bytes.subarray(0, half))
    await sleep(2)
    socket.write(bytes.subarray(half))
  } else socket.write(bytes)
  return answered
}

async function opened(kind: 'plain' | 'tls' | 'metrics' | 'records'): Promise<Socket | undefined> {
  const host = '127.0.0.1'
  const port = { plain: plan.port, tls: plan.tlsPort, records: plan.tlsPort, metrics: plan.metricsPort }[kind]
  const socket =
    kind === 'tls'
      ? connectTls({ host, port, rejectUnauthorized: false, servername: 'localhost' })
      : connect({ host, port })
  connections++
  return new Promise((resolve) => {
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(undefined))
    socket.once(kind === 'tls' ? 'secureConnect' : 'connect', () => resolve(socket))
  })
}

async function attack(worker: number, hello: Buffer): Promise<void> {
  const digest = new DigestHeaders(plan)
  for (let number = 0; !hasEnded; ) {
    const random = seeded(plan.seed + Math.imul(worker + 1, 0x9e3779b1) + number)
    const kind = (['plain', 'plain', 'plain', 'tls', 'tls', 'records', 'metrics'] as const)[random(7)]!
    const socket = await opened(kind)
    if (!socket) await sleep(20)
    for (let n = 0; socket && !socket.destroyed && n < REQUESTS_A_CONNECTION && !hasEnded; n++, number++) {
      const bytes = kind === 'records' ? mutant(hello, random) : await requestOf(random, digest)
      requests++
      count(await exchange(socket, bytes, random), kind, bytes, digest)
      // The server does not know whether it waits for the rest.
      if (random(6) === 0) break
    }
    socket?.destroy()
    number++
  }
}

function count(answer: string, kind: string, bytes: Buffer, digest: DigestHeaders): void {
  const status = STATUS.exec(answer)?.[1] ?? 'none'
  const key = kind === 'records' ? 'broken TLS' : status
  answers[key] = (answers[key] ?? 0) + 1
  if (status === '500' && failures.length < MOST_FAILURES) failures.push(bytes.subarray(0, 20_000).toString('base64'))
  const [, realm, nonce] = /realm="([^"]*)".*nonce="([^"]*)"/.exec(answer) ?? []
  if (status === '401' && realm !== undefined && nonce !== undefined) digest.nonce = { realm, nonce }
}

/** What a client of TLS says first. */
async function clientHello(): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectTls({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  client.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}

const hello = await clientHello()
process.stdout.write('attacking\n')
await Promise.all(Array.from({ length: plan.connections }, (_, worker) => attack(worker, hello)))
