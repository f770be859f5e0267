import assert from 'node:assert/strict'
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  privateDecrypt,
  X509Certificate,
} from 'node:crypto'
import { describe, it } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import { mp4boxFile } from '../../test/judges/mp4box-file.ts'
import { selfSigned } from '../../test/keys/certificate.ts'
import { readXml } from '../keys/xml-reader.ts'
import { allSteps } from '../media/steps.ts'
import { answerTo } from './speke-answer.ts'

const KIDS = ['01020304-0506-8708-890a-0b0c0d0e0f10', 'a1a2a3a4-a5a6-87a8-89aa-abacadaeafb0'] as const
const WIDEVINE = 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'
const PLAYREADY = '9a04f079-9840-4286-ab92-e65be0885f95'
const FAIRPLAY = '94ce86fb-07ff-4f43-adb8-93d2fa968ca2'
const COMMON = '1077efec-c0b2-4d02-ace3-3c1e52e2fb4b'
const AES_128 = '81376844-f976-481e-a84e-cc25d39b0b33'
const CLEAR_KEY_AES_128 = '3ea8778f-7742-4bf9-b18b-e834b2acbd47'
const DASH_CLEAR_KEY = 'e2719d58-a985-b3c9-781a-b030af78d30e'
const V1 = '<c:ContentProtectionData/><s:KeyFormat/><s:KeyFormatVersions/><s:ProtectionHeader/><c:PSSH/><c:URIExtXKey/>'
const V2 =
  '<c:PSSH/><c:ContentProtectionData/><c:HLSSignalingData playlist="media"/><c:HLSSignalingData playlist="master"/>'

const keyOf = (kid: string) => Buffer.from(`key of ${kid}`).subarray(0, 16)
const SERVER = { keyOf, keyUrl: (kid: string) => `http://lab/${kid}`, licenceUrl: 'http://lab/clearkey' }

type Asked = { systems?: readonly string[]; scheme?: string; certificate?: string; change?: (text: string) => string }

function request(
  version: '1.0' | '2.0',
  { systems = [], scheme = 'cenc', certificate, change = (text) => text }: Asked,
) {
  const kids = version === '1.0' ? KIDS.slice(0, 1) : KIDS
  const elements = version === '1.0' ? V1 : V2
  const attribute = version === '1.0' ? '' : ` commonEncryptionScheme="${scheme}"`
  const delivery = `<c:DeliveryDataList><c:DeliveryData id="d"><c:DeliveryKey><d:X509Data><d:X509Certificate>${certificate}
    </d:X509Certificate></d:X509Data></c:DeliveryKey></c:DeliveryData></c:DeliveryDataList>`
  return change(`<?xml version="1.0" encoding="UTF-8"?>
  <c:CPIX ${version === '1.0' ? 'id="a"' : 'contentId="a" version="2.3"'} xmlns:c="urn:dashif:org:cpix"
      xmlns:s="urn:aws:amazon:com:speke" xmlns:d="http://www.w3.org/2000/09/xmldsig#">${certificate ? delivery : ''}
    <c:ContentKeyList>${kids.map((kid) => `<c:ContentKey kid="${kid}"${attribute}/>`).join('')}</c:ContentKeyList>
    <c:DRMSystemList>${kids
      .flatMap((kid) => systems.map((id) => `<c:DRMSystem kid="${kid}" systemId="${id}">${elements}</c:DRMSystem>`))
      .join('\n')}</c:DRMSystemList>
    <c:ContentKeyPeriodList><c:ContentKeyPeriod id="p" index="11425"/></c:ContentKeyPeriodList>
    <c:ContentKeyUsageRuleList>${kids
      .map((kid, i) => {
        const kind = i === 0 ? 'VideoFilter' : 'AudioFilter'
        return `<c:ContentKeyUsageRule kid="${kid}" intendedTrackType="${kind}"><c:${kind}/></c:ContentKeyUsageRule>`
      })
      .join('')}</c:ContentKeyUsageRuleList>
  </c:CPIX>`)
}

function answer(version: '1.0' | '2.0', asked: Asked) {
  const document = allSteps(readXml(Buffer.from(request(version, asked))))
  const { text } = answerTo(document, version === '2.0' ? '2.0' : undefined, SERVER)
  const root = new DOMParser().parseFromString(text, 'text/xml').documentElement!
  const all = (name: string, within: Element = root) => Array.from(within.getElementsByTagNameNS('*', name))
  /** What is said of the first key for a system, by the names of elements, out of base64. */
  const said = (systemId: string) => {
    const system = all('DRMSystem').find((each) => each.getAttribute('systemId') === systemId)!
    const elements = Array.from(system.childNodes).filter((child): child is Element => child.nodeType === 1)
    return Object.fromEntries(
      elements.map((each) => {
        const bytes = Buffer.from(each.textContent!, 'base64')
        return [`${each.localName}${each.getAttribute('playlist') ?? ''}`, bytes]
      }),
    )
  }
  const texts = (systemId: string) =>
    Object.fromEntries(Object.entries(said(systemId)).map(([name, bytes]) => [name, String(bytes)]))
  return { root, all, said, texts }
}

describe('answers of SPEKE 1.0', () => {
  it('have the document again, with the key', () => {
    const { root, all } = answer('1.0', { systems: [AES_128] })
    assert.equal(root.getAttribute('id'), 'a')
    assert.equal(all('ContentKeyPeriod')[0]!.getAttribute('index'), '11425')
    assert.deepEqual(Buffer.from(all('PlainValue')[0]!.textContent!, 'base64'), keyOf(KIDS[0]))
  })
  it('give players of HLS the URL of the key, without a format for AES-128, and as the key itself otherwise', () => {
    const { texts } = answer('1.0', { systems: [AES_128, FAIRPLAY] })
    const URIExtXKey = `http://lab/${KIDS[0]}`
    assert.deepEqual(texts(AES_128), { URIExtXKey })
    assert.deepEqual(texts(FAIRPLAY), { KeyFormat: 'identity', KeyFormatVersions: '1', URIExtXKey })
  })
  it('give PlayReady an object of its own, in its pssh box, and for Smooth Streaming', () => {
    const { said, texts } = answer('1.0', { systems: [PLAYREADY] })
    const { ProtectionHeader: object, PSSH: pssh } = said(PLAYREADY)
    assert.ok(pssh!.subarray(-object!.length).equals(object!))
    assert.deepEqual(Object.keys(texts(PLAYREADY)), ['ContentProtectionData', 'ProtectionHeader', 'PSSH'])
  })
  it('encrypt the keys for a certificate, as its owner finds', () => {
    const { certificate, key: pem } = selfSigned('lab')
    const { all } = answer('1.0', {
      systems: [AES_128],
      certificate: new X509Certificate(certificate).raw.toString('base64'),
    })
    assert.equal(all('PlainValue').length, 0)
    const [documentKey, macKey, value] = all('CipherValue').map((each) => Buffer.from(each.textContent!, 'base64'))
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const own = (bytes: Buffer) => privateDecrypt({ key: createPrivateKey(pem), padding, oaepHash: 'sha1' }, bytes)
    const macs = all('ValueMAC').map((each) => each.textContent)
    for (const [i, bytes] of [documentKey!, macKey!, value!].entries()) {
      assert.equal(macs[i], createHmac('sha512', own(macKey!)).update(bytes).digest('base64'))
    }
    const decipher = createDecipheriv('aes-256-cbc', own(documentKey!), value!.subarray(0, 16))
    assert.deepEqual(Buffer.concat([decipher.update(value!.subarray(16)), decipher.final()]), keyOf(KIDS[0]))
  })
  it('are refused for a certificate that cannot be used', () => {
    assert.throws(() => answer('1.0', { certificate: 'AAAA' }), /Malformed X509Certificate/)
  })
})

describe('answers of SPEKE 2.0', () => {
  it('have whole lines for playlists, by the scheme', () => {
    for (const [scheme, method] of [
      ['cbcs', 'SAMPLE-AES'],
      ['cenc', 'SAMPLE-AES-CTR'],
    ] as const) {
      const { texts } = answer('2.0', { scheme, systems: [CLEAR_KEY_AES_128, COMMON, WIDEVINE, PLAYREADY] })
      const attributes = `METHOD=${method},URI="http://lab/${KIDS[0]}",KEYFORMAT="identity",KEYFORMATVERSIONS="1"`
      assert.deepEqual(texts(CLEAR_KEY_AES_128), {
        HLSSignalingDatamedia: `#EXT-X-KEY:${attributes}`,
        HLSSignalingDatamaster: `#EXT-X-SESSION-KEY:${attributes}`,
      })
      const common = texts(COMMON)['HLSSignalingDatamedia']!
      assert.match(common, /KEYID=0x0102030405068708890a0b0c0d0e0f10,KEYFORMAT="org.w3.clearkey"/)
      const { PSSH, HLSSignalingDatamedia } = answer('2.0', { scheme, systems: [WIDEVINE] }).said(WIDEVINE)
      const uri = `URI="data:text/plain;base64,${PSSH!.toString('base64')}"`
      assert.ok(String(HLSSignalingDatamedia).includes(`METHOD=${method},${uri}`))
      assert.match(texts(PLAYREADY)['HLSSignalingDatamaster']!, /KEYFORMAT="com.microsoft.playready"/)
    }
  })
  it('have pssh boxes as mp4box reads them', () => {
    const { said, texts } = answer('2.0', { systems: [WIDEVINE, PLAYREADY, COMMON, DASH_CLEAR_KEY] })
    for (const id of [WIDEVINE, PLAYREADY, COMMON, DASH_CLEAR_KEY]) {
      const { PSSH: pssh } = said(id)
      const [box] = mp4boxFile(pssh!).boxes as unknown as [
        { type: string; version: number; system_id: string; kid: string[] },
      ]
      const digits = KIDS[0].replaceAll('-', '')
      assert.equal(box.type, 'pssh')
      assert.equal(box.system_id.replaceAll('-', ''), id.replaceAll('-', ''))
      const isClearKey = id === COMMON || id === DASH_CLEAR_KEY
      assert.equal(box.version, isClearKey ? 1 : 0)
      if (isClearKey)
        assert.deepEqual(
          box.kid.map((each) => each.replaceAll('-', '')),
          [digits],
        )
      else if (id === WIDEVINE) assert.equal(pssh!.toString('hex', 32), `1210${digits}48e3dc959b06`)
      if (id !== DASH_CLEAR_KEY) {
        assert.ok(texts(id)['ContentProtectionData']!.includes(`>${pssh!.toString('base64')}</pssh>`))
      }
    }
    assert.match(texts(DASH_CLEAR_KEY)['ContentProtectionData']!, /<Laurl [^>]*>http:\/\/lab\/clearkey<\/Laurl>/)
  })

  const REFUSED: readonly (readonly [RegExp, Asked])[] = [
    [/^Unsupported CPIX@version$/, { change: (text) => text.replace('"2.3"', '"2.4"') }],
    [
      new RegExp(`^Missing ContentKey@commonEncryptionScheme for KID ${KIDS[0]}$`),
      { change: (text) => text.replace(' commonEncryptionScheme="cenc"', '') },
    ],
    [/^Unsupported ContentKey@commonEncryptionScheme/, { scheme: 'cens' }],
    [
      /^Non compliant ContentKey@commonEncryptionScheme combination$/,
      { change: (text) => text.replace('Scheme="cenc"', 'Scheme="cbcs"') },
    ],
    [/^Missing CPIX encryption contract$/, { change: (text) => text.replaceAll('UsageRule', 'Usage') }],
    [/^Malformed encryption contract$/, { change: (text) => text.replace('<c:VideoFilter/>', '') }],
    [/^Malformed encryption contract$/, { change: (text) => text.replace('intendedTrackType="VideoFilter"', '') }],
    [/^Duplicate ContentKey/, { change: (text) => text.replaceAll(KIDS[1], KIDS[0]) }],
    [
      /^Missing ContentKey for KID/,
      {
        systems: [WIDEVINE],
        change: (text) => text.replace(`<c:DRMSystem kid="${KIDS[0]}`, `<c:DRMSystem kid="${SYSTEM}`),
      },
    ],
    [
      /^More than 64 ContentKey/,
      { change: (text) => text.replace('<c:ContentKeyList>', `$&${'<c:ContentKey/>'.repeat(64)}`) },
    ],
    [
      /^More than 512 DRMSystem/,
      { change: (text) => text.replace('<c:DRMSystemList>', `$&${'<c:DRMSystem/>'.repeat(513)}`) },
    ],
  ]
  const SYSTEM = 'ffffffff-0506-8708-890a-0b0c0d0e0f10'
  for (const [sentence, asked] of REFUSED) {
    it(`are refused: ${sentence.source}`, () => {
      assert.throws(() => answer('2.0', asked), { name: 'SpekeRefusal', message: sentence })
    })
  }
})

describe('PlayReady objects', () => {
  const header = (scheme: string) => {
    const object = answer('2.0', { scheme, systems: [PLAYREADY] })
      .said(PLAYREADY)
      ['PSSH']!.subarray(32)
    assert.equal(object.readUInt32LE(0), object.length)
    assert.deepEqual(
      [object.readUInt16LE(4), object.readUInt16LE(6), object.readUInt16LE(8)],
      [1, 1, object.length - 10],
    )
    return object.toString('utf16le', 10)
  }
  const GUID = Buffer.from('0403020106050887890a0b0c0d0e0f10', 'hex')

  it('of cenc have the checksum of the key', () => {
    const text = header('cenc')
    assert.match(text, /version="4.0.0.0".*<KEYLEN>16<\/KEYLEN><ALGID>AESCTR<\/ALGID>/)
    assert.equal(/<KID>(.*)<\/KID>/.exec(text)![1], GUID.toString('base64'))
    const cipher = createCipheriv('aes-128-ecb', keyOf(KIDS[0]), null)
    assert.equal(/<CHECKSUM>(.*)<\/CHECKSUM>/.exec(text)![1], cipher.update(GUID).subarray(0, 8).toString('base64'))
  })
  it('of cbcs have a header of version 4.3, and no checksum', () => {
    const text = header('cbcs')
    assert.match(text, /version="4.3.0.0"/)
    assert.ok(text.includes(`<KID ALGID="AESCBC" VALUE="${GUID.toString('base64')}"/>`))
    assert.ok(!text.includes('CHECKSUM'))
  })
})
