import { constants, createCipheriv, createHash, createHmac, publicEncrypt, X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DOMParser, XMLSerializer } from '@xmldom/xmldom'

const CPIX = 'urn:dashif:org:cpix'
const PSKC = 'urn:ietf:params:xml:ns:keyprov:pskc'
const SPEKE = 'urn:aws:amazon:com:speke'
const XMLENC = 'http://www.w3.org/2001/04/xmlenc#'
const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#'

const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64')

/** The key that the server gives for a KID. */
export function servedKey(kid: string): Buffer {
  return createHash('sha256').update(`served ${kid}`).digest().subarray(0, 16)
}

/** A pssh box of version 0, ISO/IEC 23001-7 §8.1. */
export function psshBox(systemId: string, data: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(32 + data.length)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  return Buffer.concat([
    size,
    Buffer.from('pssh\0\0\0\0', 'latin1'),
    Buffer.from(systemId.replaceAll('-', ''), 'hex'),
    length,
    data,
  ])
}

/** A PlayReady object whose one record is no header that a player could use. */
export function playReadyObject(): Buffer {
  const record = Buffer.from('<WRMHEADER/>', 'utf16le')
  const object = Buffer.alloc(10 + record.length)
  object.writeUInt32LE(object.length)
  object.writeUInt16LE(1, 4)
  object.writeUInt16LE(1, 6)
  object.writeUInt16LE(record.length, 8)
  record.copy(object, 10)
  return object
}

/** The elements of a document by their local names, whatever is around them. */
export function elementsOf(node: Document | Element, namespace: string, name: string): Element[] {
  return Array.from(node.getElementsByTagNameNS(namespace, name))
}

/**
 * What a key server makes of a request in SPEKE 1.0 or 2.0: the same document with its empty elements filled. `flipped`
 * changes one bit of each MAC.
 */
export function filled(request: string, { flipped = false }: { readonly flipped?: boolean } = {}): Document {
  const document = new DOMParser().parseFromString(request, 'text/xml')
  const scheme = elementsOf(document, CPIX, 'ContentKey')[0]!.getAttribute('commonEncryptionScheme')
  const method = scheme === 'cenc' ? 'SAMPLE-AES-CTR' : 'SAMPLE-AES'
  const encryption = new Encryption(document, flipped)
  for (const key of elementsOf(document, CPIX, 'ContentKey')) {
    const secret = added(added(key, CPIX, 'cpix:Data'), PSKC, 'pskc:Secret')
    const bytes = servedKey(key.getAttribute('kid')!)
    if (!encryption.addTo(secret, bytes)) added(secret, PSKC, 'pskc:PlainValue').textContent = base64(bytes)
  }
  for (const system of elementsOf(document, CPIX, 'DRMSystem')) {
    const systemId = system.getAttribute('systemId')!
    const kid = system.getAttribute('kid')!
    const pssh = base64(psshBox(systemId, playReadyObject()))
    const fill = (namespace: string, name: string, value: string) => {
      for (const each of elementsOf(system, namespace, name)) each.textContent = value
    }
    fill(CPIX, 'PSSH', pssh)
    fill(CPIX, 'ContentProtectionData', base64(`<cenc:pssh xmlns:cenc="urn:mpeg:cenc:2013">${pssh}</cenc:pssh>`))
    fill(CPIX, 'URIExtXKey', base64(`https://keys.example.com/${kid}`))
    fill(SPEKE, 'KeyFormat', base64('identity'))
    fill(SPEKE, 'KeyFormatVersions', base64('1'))
    fill(SPEKE, 'ProtectionHeader', pssh)
    for (const signaling of elementsOf(system, CPIX, 'HLSSignalingData')) {
      const tag = signaling.getAttribute('playlist') === 'media' ? 'EXT-X-KEY' : 'EXT-X-SESSION-KEY'
      signaling.textContent = base64(`#${tag}:METHOD=${method},URI="skd://${kid}",KEYFORMATVERSIONS="1"\n`)
    }
  }
  return document
}

export function written(document: Document): string {
  return new XMLSerializer().serializeToString(document)
}

function added(parent: Element, namespace: string, name: string): Element {
  const child = parent.ownerDocument!.createElementNS(namespace, name)
  return parent.appendChild(child)
}

/** Encrypted keys, where a request has a certificate: CPIX 2.3 §4.4, RFC 6030 §6. */
class Encryption {
  private readonly documentKey = createHash('sha256').update('document key').digest()
  private readonly macKey = createHash('sha512').update('MAC key').digest()
  private readonly isWanted: boolean
  private readonly flipped: boolean

  constructor(document: Document, flipped: boolean) {
    this.flipped = flipped
    const [delivery] = elementsOf(document, CPIX, 'DeliveryData')
    this.isWanted = delivery !== undefined
    if (!delivery) return
    const [der] = elementsOf(delivery, XMLDSIG, 'X509Certificate')
    const { publicKey } = new X509Certificate(Buffer.from(der!.textContent!, 'base64'))
    const wrapped = (key: Buffer) =>
      publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key)
    const documentKey = added(delivery, CPIX, 'cpix:DocumentKey')
    documentKey.setAttribute('Algorithm', `${XMLENC}aes256-cbc`)
    const secret = added(added(documentKey, CPIX, 'cpix:Data'), PSKC, 'pskc:Secret')
    this.addValue(secret, 'rsa-oaep-mgf1p', wrapped(this.documentKey))
    const method = added(delivery, CPIX, 'cpix:MACMethod')
    method.setAttribute('Algorithm', 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha512')
    this.addValue(added(method, CPIX, 'cpix:Key'), 'rsa-oaep-mgf1p', wrapped(this.macKey))
  }

  addTo(secret: Element, key: Buffer): boolean {
    if (!this.isWanted) return false
    const iv = createHash('md5').update(key).digest()
    const cipher = createCipheriv('aes-256-cbc', this.documentKey, iv)
    this.addValue(secret, 'aes256-cbc', Buffer.concat([iv, cipher.update(key), cipher.final()]))
    return true
  }

  private addValue(parent: Element, algorithm: string, value: Buffer): void {
    const encrypted = added(parent, PSKC, 'pskc:EncryptedValue')
    added(encrypted, XMLENC, 'enc:EncryptionMethod').setAttribute('Algorithm', `${XMLENC}${algorithm}`)
    const data = added(encrypted, XMLENC, 'enc:CipherData')
    added(data, XMLENC, 'enc:CipherValue').textContent = base64(value)
    const mac = createHmac('sha512', this.macKey).update(value).digest()
    if (this.flipped) mac[0]! ^= 1
    added(parent, PSKC, 'pskc:ValueMAC').textContent = base64(mac)
  }
}

/** What the server was sent. */
export type SentRequest = {
  readonly headers: IncomingMessage['headers']
  readonly method: string
  readonly body: string
}

export type Answering = (sent: SentRequest, response: ServerResponse) => void

/** A key server on this machine, for tests. */
export class KeyServer {
  readonly requests: SentRequest[] = []
  answering: Answering = (sent, response) => answer(response, written(filled(sent.body)))
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const sent = { headers: request.headers, method: request.method!, body: Buffer.concat(chunks).toString() }
    this.requests.push(sent)
    try {
      this.answering(sent, response)
    } catch (error) {
      answer(response, `the key server of the test failed: ${(error as Error).stack}`, 500, 'text/plain')
    }
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

export function answer(response: ServerResponse, body: string, status = 200, type = 'application/xml'): void {
  response.writeHead(status, { 'content-type': type, 'x-speke-user-agent': 'a key server of tests' })
  response.end(body)
}
