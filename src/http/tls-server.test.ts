import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { connect as connectPlain, type Socket } from 'node:net'
import { afterEach, before, describe, it } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Authority, CertificateFiles } from '../../test/judges/certificates.ts'
import { eventually } from '../../test/judges/processes.ts'
import { utcMs } from '../media/time.ts'
import { Certificates } from '../tls/certificates.ts'
import { ClientNetworks } from './client-networks.ts'
import { ConnectionAdmission } from './connection-admission.ts'
import type { Exchange } from './exchange.ts'
import type { BodilessHandler, Handler } from './handler.ts'
import { type Listener, listen } from './listener.ts'
import type { ListenerLimits } from './listener-limits.ts'
import { trustConnection } from './trusted-connections.ts'

const authority = new Authority()
const MEGABYTE = Buffer.alloc(1_000_000, 'm')

const listeners: Listener[] = []
const sockets: Socket[] = []
const agents: Agent[] = []
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy()
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const listener of listeners.splice(0)) await listener.close()
})

/** Whether the listeners of a test answer simple requests without Node. */
let answersSimple = false

type Options = {
  readonly handle?: Handler
  readonly names?: readonly string[]
  readonly maxConnections?: number
  readonly limits?: Partial<ListenerLimits>
}

async function start({ handle, names = ['a.example.com'], maxConnections = 1000, limits = {} }: Options = {}) {
  const lines: { readonly event: string; readonly code?: string; readonly count?: number }[] = []
  const line = (fields: (typeof lines)[number]) => void lines.push(fields)
  const log = { info: line, warn: line, error: line }
  const ended: Exchange[] = []
  const files = names.map((name) => new CertificateFiles(authority.issue([name])))
  const certificates = await Certificates.open(files, { minVersion: 'TLSv1.2', date: () => utcMs(Date.UTC(2026)) })
  const heard: Handler = async (...args) => {
    args[3].whenEnded((exchange) => ended.push(exchange))
    if (handle) await handle(...args)
    else args[1].writeHead(200, { 'content-length': 5 }).end(args[0].method === 'HEAD' ? '' : 'hello')
  }
  const listener = await listen({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    log,
    admission: new ConnectionAdmission(
      { maxConnections, maxConnectionsPerAddress: maxConnections },
      new ClientNetworks(),
      log,
    ),
    limits: { drainMs: 60_000, ...limits },
    tls: { certificates },
    mounts: [{ prefix: '/', handle: heard, ...(answersSimple && { handleSimple: heard as BodilessHandler }) }],
    simple: answersSimple ? { date: () => 0 } : undefined,
  })
  listeners.push(listener)
  return { listener, port: listener.address.port, certificates, files, ended, lines }
}

async function dial(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: authority.certificate,
    servername: 'a.example.com',
    ...options,
  })
  sockets.push(socket)
  await once(socket, 'secureConnect')
  return socket
}

function keptAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.certificate, maxCachedSessions: 0 })
  agents.push(agent)
  return agent
}

/** The status of a response, its bytes, and the name its certificate is for. */
async function ask(port: number, { agent, path = '/', method = 'GET', servername = 'a.example.com' }: AskOptions = {}) {
  const ca = authority.certificate
  const sent = request({ host: '127.0.0.1', port, path, method, servername, ca, agent: agent ?? false })
  sent.end()
  const [response] = await once(sent, 'response')
  const { subjectaltname } = (sent.socket as TLSSocket).getPeerCertificate()
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length
  return { status: response.statusCode as number, bytes, name: subjectaltname?.replace('DNS:', '') }
}
type AskOptions = {
  readonly agent?: Agent
  readonly path?: string
  readonly method?: string
  readonly servername?: string
}

for (const simple of [false, true]) {
  describe(simple ? 'with simple requests' : 'with requests of Node', () => {
    before(() => {
      answersSimple = simple
    })
    describe('a listener with TLS', () => {
      it('tells of each exchange its bytes without those of TLS, and the name that the client asked for', async () => {
        const { port, ended } = await start({
          async handle({ url, method }, response) {
            const body = url === '/large' ? MEGABYTE : 'hello'
            response.writeHead(200, { 'content-length': body.length }).end(method === 'HEAD' ? undefined : body)
          },
        })
        const agent = keptAgent()
        await ask(port, { agent })
        await ask(port, { agent, method: 'HEAD' })
        await ask(port, { agent, path: '/large' })
        await eventually('the ends', () => ended.length === 3 || undefined)
        assert.deepEqual(
          ended.map(({ sentBytes }) => sentBytes),
          [5, 0, MEGABYTE.length],
        )
        const [{ isTls, serverName, remoteAddress, isAborted }] = ended as [Exchange]
        assert.deepEqual([isTls, serverName, remoteAddress, isAborted], [true, 'a.example.com', '127.0.0.1', false])
        const nameless = await dial(port, { servername: '', checkServerIdentity: () => undefined })
        nameless.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
        await eventually('the end', () => ended.length === 4 || undefined)
        assert.equal(ended[3]?.serverName, undefined)
      })

      it('gives new connections the new certificate, while those that are open go on with theirs', async () => {
        const { port, certificates, files } = await start()
        const kept = keptAgent()
        assert.equal((await ask(port, { agent: kept })).name, 'a.example.com')
        files[0]?.write(authority.issue(['b.example.com']))
        assert.equal((await certificates.reload()).loaded.length, 1)
        assert.equal((await ask(port, { agent: kept })).name, 'a.example.com')
        assert.equal((await ask(port, { servername: 'b.example.com' })).name, 'b.example.com')
        // What cannot be used changes nothing.
        files[0]?.write({ key: 'no key' })
        assert.equal((await certificates.reload()).refused.length, 1)
        assert.equal((await ask(port, { servername: 'b.example.com' })).name, 'b.example.com')
      })

      it('drops no request while certificates are replaced', async () => {
        const { port, certificates, files } = await start({ names: ['a.example.com', 'b.example.com'] })
        let over = false
        let answered = 0
        const client = async (servername: string, agent?: Agent) => {
          for (; !over; answered++) assert.equal((await ask(port, { ...(agent && { agent }), servername })).status, 200)
        }
        const clients = [client('a.example.com', keptAgent()), client('a.example.com'), client('b.example.com')]
        for (let swap = 0; swap < 4; swap++) {
          for (const [i, name] of ['a.example.com', 'b.example.com'].entries()) files[i]?.write(authority.issue([name]))
          assert.equal((await certificates.reload()).loaded.length, 2)
          const before = answered
          await eventually('requests', () => answered > before + 3 || undefined)
        }
        over = true
        await Promise.all(clients)
      })

      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        it(`takes up sessions of ${version} again that were begun before certificates were replaced`, async () => {
          const names = ['a.example.com', 'b.example.com']
          const { port, certificates, files } = await start({ names })
          const begun = async (servername: string) => {
            const options = { servername, minVersion: version, maxVersion: version }
            const socket = await dial(port, options)
            socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
            // TLS 1.3 sends its tickets after the handshake.
            const ticket = version === 'TLSv1.3' ? once(socket, 'session') : undefined
            await once(socket, 'data')
            const session = ticket ? ((await ticket)[0] as Buffer) : socket.getSession()
            return { options, session }
          }
          const sessions = await Promise.all(names.map(begun))
          for (const [i, name] of names.entries()) files[i]?.write(authority.issue([name]))
          assert.equal((await certificates.reload()).loaded.length, 2)
          for (const { options, session } of sessions) {
            const socket = await dial(port, { ...options, ...(session && { session }) })
            assert.ok(socket.isSessionReused(), options.servername)
          }
        })
      }

      it('answers a client that has closed its side', async () => {
        const { port } = await start({
          async handle(incoming, response) {
            for await (const _ of incoming);
            response.end('late')
          },
        })
        const socket = await dial(port, { allowHalfOpen: true } as ConnectionOptions)
        let text = ''
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk
        })
        socket.end('PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody')
        await once(socket, 'close')
        assert.match(text, /^HTTP\/1\.1 200 .*late/s)
      })

      it('finishes the response that it is sending when it stops, and closes what is idle or does not begin', async () => {
        const began = Promise.withResolvers<void>()
        const { port, listener } = await start({
          async handle({ url }, response) {
            response.writeHead(200, { 'content-length': url === '/' ? 0 : 20 * MEGABYTE.length })
            if (url !== '/') began.resolve()
            for (let i = 0; i < 20 && url !== '/'; i++) response.write(MEGABYTE)
            response.end()
          },
        })
        const agent = keptAgent()
        await ask(port, { agent })
        const silent = connectPlain(port, '127.0.0.1')
        sockets.push(silent)
        await once(silent, 'connect')
        const reading = await dial(port)
        reading.pause()
        reading.write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n')
        await began.promise
        const closed = listener.close()
        await once(silent, 'close')
        let bytes = 0
        reading.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        reading.resume()
        await closed
        await eventually('the rest', () => bytes > 20 * MEGABYTE.length || undefined)
      })

      it('counts connections before their handshake, and closes those first when there is no room', async () => {
        const { port } = await start({ maxConnections: 4 })
        const silent = [0, 1, 2].map(() => connectPlain(port, '127.0.0.1').on('error', () => {}))
        sockets.push(...silent)
        const closed = Promise.race(silent.map((socket) => once(socket, 'close')))
        await eventually('an answer', async () => (await ask(port)).status === 200 || undefined)
        await closed
      })

      it('never closes a connection for others on which somebody authenticated', async () => {
        const { port } = await start({
          maxConnections: 4,
          async handle(incoming, response) {
            trustConnection(incoming.socket)
            response.end('hello')
          },
        })
        const agent = keptAgent()
        await ask(port, { agent })
        const [trusted] = Object.values(agent.freeSockets).flatMap((free) => free ?? [])
        const crowd = Array.from({ length: 20 }, () => connectPlain(port, '127.0.0.1').on('error', () => {}))
        sockets.push(...crowd)
        await eventually('some to be closed', () => crowd.filter(({ destroyed }) => destroyed).length > 10 || undefined)
        assert.equal((await ask(port, { agent })).status, 200)
        assert.equal(trusted?.destroyed, false)
      })

      it('cuts off handshakes that take too long', async () => {
        const { port } = await start({ limits: { handshakeMs: 50 } })
        const silent = connectPlain(port, '127.0.0.1')
        sockets.push(silent)
        await once(silent, 'close')
      })

      it('speaks nothing older than TLS 1.2, no cipher without forward secrecy or with CBC, and no plain HTTP', async () => {
        const { port, lines } = await start()
        const refused: readonly ConnectionOptions[] = [
          { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
          { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES256-SHA' },
          { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' },
        ]
        for (const options of refused) await assert.rejects(dial(port, options), { code: /ALERT|PROTOCOL|HANDSHAKE/ })
        const plain = connectPlain(port, '127.0.0.1').on('error', () => {})
        sockets.push(plain)
        let text = ''
        plain.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1')
        })
        plain.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
        await once(plain, 'close')
        assert.doesNotMatch(text, /hello/)
        const failed = () => lines.filter(({ event }) => event === 'tls-handshake-failed')
        await eventually('what the log tells', () => failed().length > 0 || undefined)
        assert.equal(failed()[0]?.code, 'ERR_SSL_UNSUPPORTED_PROTOCOL')
        assert.equal((await ask(port)).status, 200)
      })

      it('does not negotiate again in the middle of a connection', async () => {
        const { port } = await start()
        const socket = await dial(port, { maxVersion: 'TLSv1.2' })
        const refused = new Promise<Error | null>((resolve) => {
          socket.once('error', resolve)
          socket.renegotiate({}, resolve)
        })
        assert.match(String(await refused), /no.renegotiation/i)
      })
    })
  })
}
