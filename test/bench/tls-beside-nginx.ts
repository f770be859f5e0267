import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import type { CertificateFiles } from '../judges/certificates.ts'
import { startNginx } from '../judges/nginx.ts'
import { eventually, freePort } from '../judges/processes.ts'
import { load } from './get-load.ts'
import { cpuSeconds, interleaved, type Measure, SERVED_ON } from './measure.ts'
import type { ServedChannel } from './programme.ts'
import { staticCopy } from './serving.ts'

const SECONDS = 1.2
const CIPHER = 'TLS_AES_128_GCM_SHA256'
const AT_ONCE = 8

/** A server under test: with TLS at `origin`, and without at `plain`. */
type SecureServer = { readonly origin: string; readonly plain: string; readonly pid: number }
type SecureWindrow = SecureServer & { readonly channel: ServedChannel }
type Trust = { readonly files: CertificateFiles; readonly authority: string }

/**
 * TLS 1.3 with one cipher suite and X25519, beside nginx with the same certificate, serving the same bytes as files:
 * segments and live playlists over connections that are kept, and a connection for each playlist, with a whole
 * handshake and with a session taken up again.
 */
export async function benchTls(windrow: SecureWindrow, { files, authority }: Trust): Promise<Measure[]> {
  const { playlist, segments } = windrow.channel
  const root = await staticCopy(windrow.plain, [playlist, ...segments])
  const port = await freePort()
  const nginx = await startNginx(
    `listen 127.0.0.1:${port} ssl; root ${root}; ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites ${CIPHER};
     ssl_certificate ${files.certificate}; ssl_certificate_key ${files.key};`,
    SERVED_ON,
  )
  const servers: readonly SecureServer[] = [
    windrow,
    { origin: `https://127.0.0.1:${port}`, plain: nginx.url, pid: nginx.workerPid },
  ]
  const tls: ConnectionOptions = {
    ca: authority,
    minVersion: 'TLSv1.3',
    ciphers: CIPHER,
    // What OpenSSL 3.5 prefers, nginx's may not have.
    ecdhCurve: 'X25519',
  }
  const perCpuSecond =
    ({ pid }: SecureServer, work: () => Promise<number>) =>
    async () => {
      const before = cpuSeconds(pid)
      const done = await work()
      return done / (cpuSeconds(pid) - before)
    }
  const kept = (paths: readonly string[], connections: number, figure: 'answers' | 'bytes') =>
    servers.map((server) =>
      perCpuSecond(server, async () => {
        const figures = await load({ origin: server.origin, paths, connections, seconds: SECONDS, tls })
        return figures[figure]
      }),
    )
  try {
    const measures: Measure[] = []
    const measure = async (name: string, unit: string, contenders: (() => Promise<number>)[], of = 1) => {
      for (const contender of contenders) await contender()
      const [value, peerValue] = (await interleaved(...contenders)).map((figure) => figure / of)
      measures.push({ name, unit, value: value!, peer: 'nginx', peerValue: peerValue!, ratio: value! / peerValue! })
    }
    await measure('segment from memory over TLS', 'GB per CPU second', kept(segments, AT_ONCE, 'bytes'), 1e9)
    await measure('live playlist over TLS', 'requests per CPU second', kept([playlist], 32, 'answers'))
    for (const resumed of [false, true]) {
      const contenders = await Promise.all(
        servers.map(async (server) => {
          const session = resumed ? await sessionOf(server.origin, tls) : undefined
          const options = { ...tls, ...(session && { session }) }
          return perCpuSecond(server, () => connections(server.origin, playlist, options))
        }),
      )
      const how = resumed ? 'a session taken up again' : 'a whole handshake'
      await measure(`live playlist with ${how}`, 'connections per CPU second', contenders)
    }
    return measures
  } finally {
    await nginx.stop()
  }
}

/** Asks for a path over new connections, a few at a time; gives their number. */
async function connections(origin: string, path: string, options: ConnectionOptions): Promise<number> {
  const deadline = performance.now() + SECONDS * 1000
  let count = 0
  const next = async () => {
    for (; performance.now() < deadline; count++) await askOnce(origin, path, options)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return count
}

async function askOnce(origin: string, path: string, options: ConnectionOptions): Promise<void> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect({ ...options, host: hostname, port: Number(port) })
  await once(socket, 'secureConnect')
  const cipher = socket.getCipher().standardName
  if (cipher !== CIPHER) throw new Error(`the cipher suite is ${cipher}`)
  const isResumed = options.session !== undefined
  if (socket.isSessionReused() !== isResumed) throw new Error(`a session was ${isResumed ? 'not ' : ''}taken up again`)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  let head: string | undefined
  socket.on('data', (bytes: Buffer) => {
    head ??= bytes.toString('latin1', 0, 12)
  })
  await once(socket, 'end')
  if (head !== 'HTTP/1.1 200') throw new Error(`answered ${head}`)
  socket.destroy()
}

/** What a client needs to take a session up again. */
async function sessionOf(origin: string, options: ConnectionOptions): Promise<Buffer> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ ...options, host: hostname, port: Number(port) })
  let session: Buffer | undefined
  socket.on('session', (ticket) => {
    session = ticket
  })
  socket.resume()
  try {
    return await eventually('a session ticket', () => session)
  } finally {
    socket.destroy()
  }
}
