import { createPrivateKey, createPublicKey, hash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { Authority, CertificateFiles } from '../judges/certificates.ts'
import { freePort, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'

/** Of the certificates, and what clients ask for. */
export const TLS_HOST = 'localhost'

/** A server with TLS, whose certificate is signed by an authority of its own, beside its plain address. */
export class TlsServer {
  readonly windrow: Windrow
  readonly authority: Authority
  readonly files: CertificateFiles
  readonly port: number
  /** The certificate of the authority, in a file. */
  readonly authorityFile: string
  /** The public key of the certificate it began with, as a browser is told to trust it. */
  readonly trusted: string

  private constructor(windrow: Windrow, authority: Authority, files: CertificateFiles, port: number, trusted: string) {
    this.windrow = windrow
    this.authority = authority
    this.files = files
    this.port = port
    this.trusted = trusted
    this.authorityFile = join(temporaryFolder('authority'), 'ca.pem')
    writeFileSync(this.authorityFile, authority.certificate)
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TlsServer> {
    const authority = new Authority()
    const issued = authority.issue([TLS_HOST])
    const files = new CertificateFiles(issued)
    const port = await freePort()
    const windrow = await Windrow.start({
      environment: {
        WINDROW_TLS_LISTEN: `127.0.0.1:${port}`,
        WINDROW_TLS_CERTIFICATE: files.certificate,
        WINDROW_TLS_KEY: files.key,
        ...environment,
      },
    })
    const publicKey = createPublicKey(createPrivateKey(issued.key)).export({ type: 'spki', format: 'der' })
    return new TlsServer(windrow, authority, files, port, hash('sha256', publicKey, 'base64'))
  }

  get url(): string {
    return `https://${TLS_HOST}:${this.port}`
  }

  /** Writes another certificate, and gives its serial number. */
  renew(): void {
    this.files.write(this.authority.issue([TLS_HOST]))
  }

  agent(): Agent {
    return new Agent({ keepAlive: true, maxSockets: 1, ca: this.authority.certificate, maxCachedSessions: 0 })
  }

  /** A GET of a path; throws unless all of the body comes. */
  async get(path: string, agent?: Agent): Promise<{ readonly status: number; readonly body: Buffer }> {
    const ca = this.authority.certificate
    const options = {
      host: '127.0.0.1',
      port: this.port,
      path,
      servername: TLS_HOST,
      ca,
      agent: agent ?? false,
    } as const
    const sent = request(options).end()
    const [response] = await once(sent, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    return { status: response.statusCode as number, body: Buffer.concat(chunks) }
  }

  /** The serial number of the certificate that a new connection gets. */
  async serial(): Promise<string> {
    const socket = await this.dial()
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }

  /** A new session; resolves when it can be taken up again. */
  async session(): Promise<Buffer> {
    const socket = await this.dial()
    const ticket = once(socket, 'session')
    socket.write(`GET /healthz HTTP/1.1\r\nhost: ${TLS_HOST}\r\n\r\n`)
    await once(socket, 'data')
    const [session] = (await ticket) as [Buffer]
    socket.destroy()
    return session
  }

  async takesUp(session: Buffer): Promise<boolean> {
    const socket = await this.dial(session)
    const isReused = socket.isSessionReused()
    socket.destroy()
    return isReused
  }

  private async dial(session?: Buffer): Promise<TLSSocket> {
    const socket = connect({
      host: '127.0.0.1',
      port: this.port,
      servername: TLS_HOST,
      ca: this.authority.certificate,
      ...(session && { session }),
    })
    await once(socket, 'secureConnect')
    return socket
  }
}
