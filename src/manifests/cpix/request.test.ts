import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import { writeSpeke1Request, writeSpeke2Request } from './request.ts'

const KID = '00000000-0000-8000-8000-000000000001'
const OTHER = '00000000-0000-8000-8000-000000000002'
const WIDEVINE = 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'
const FAIRPLAY = '94ce86fb-07ff-4f43-adb8-93d2fa968ca2'

/** A document as a foreign parser sees it: an element a line, with its namespace and attributes. */
function summary(xml: string): string[] {
  const lines: string[] = []
  const visit = (element: Element, depth: number) => {
    const attributes = Array.from(element.attributes, ({ name, value }) => `${name}=${value}`)
    const shown = attributes.filter((each) => !each.startsWith('xmlns'))
    const own = Array.from(element.childNodes).filter((child) => child.nodeType === 3 && child.nodeValue?.trim())
    lines.push(
      [
        `${' '.repeat(depth)}{${element.namespaceURI}}${element.localName}`,
        ...shown,
        ...own.map((t) => t.nodeValue),
      ].join(' '),
    )
    for (const child of Array.from(element.childNodes)) if (child.nodeType === 1) visit(child as Element, depth + 1)
  }
  visit(new DOMParser().parseFromString(xml, 'text/xml').documentElement, 0)
  return lines.map((line) => line.replace('{urn:dashif:org:cpix}', '').replace('{urn:aws:amazon:com:speke}', 'speke:'))
}

describe('a request in SPEKE 1.0', () => {
  it('has all elements of the sample of AWS for each system, and its key period', () => {
    const xml = writeSpeke1Request({
      contentId: 'a & "b"',
      periodIndex: 11_425,
      kid: KID,
      systemIds: [WIDEVINE, FAIRPLAY],
    })
    const system = (systemId: string) => [
      `  DRMSystem kid=${KID} systemId=${systemId}`,
      '   ContentProtectionData',
      '   speke:KeyFormat',
      '   speke:KeyFormatVersions',
      '   speke:ProtectionHeader',
      '   PSSH',
      '   URIExtXKey',
    ]
    assert.deepEqual(summary(xml), [
      'CPIX id=a & "b"',
      ' ContentKeyList',
      `  ContentKey kid=${KID}`,
      ' DRMSystemList',
      ...system(WIDEVINE),
      ...system(FAIRPLAY),
      ' ContentKeyPeriodList',
      '  ContentKeyPeriod id=keyPeriod_11425 index=11425',
      ' ContentKeyUsageRuleList',
      `  ContentKeyUsageRule kid=${KID}`,
      '   KeyPeriodFilter periodId=keyPeriod_11425',
    ])
  })

  it('names the IV and the certificate of the endpoint', () => {
    const more = { explicitIv: 'AAAAAAAAAAAAAAAAAAAAAA==', certificate: 'MIIB' }
    const lines = summary(writeSpeke1Request({ contentId: 'r', periodIndex: 0, kid: KID, systemIds: [], ...more }))
    assert.deepEqual(lines.slice(0, 8), [
      'CPIX id=r',
      ' DeliveryDataList',
      '  DeliveryData id=windrow',
      '   DeliveryKey',
      '    {http://www.w3.org/2000/09/xmldsig#}X509Data',
      '     {http://www.w3.org/2000/09/xmldsig#}X509Certificate MIIB',
      ' ContentKeyList',
      `  ContentKey kid=${KID} explicitIV=AAAAAAAAAAAAAAAAAAAAAA==`,
    ])
  })
})

describe('a request in SPEKE 2.0', () => {
  it('has the elements that were asked for of each key and system, and a rule for each key', () => {
    const xml = writeSpeke2Request({
      contentId: 'r',
      periodIndex: 0,
      scheme: 'cbcs',
      keys: [
        { kid: KID, trackType: 'SD', video: { maxPixels: 589_824 } },
        { kid: OTHER, trackType: 'MULTICHANNEL_AUDIO_3_6', audio: { minChannels: 3, maxChannels: 6 } },
      ],
      systems: [
        { systemId: WIDEVINE, elements: ['PSSH', 'ContentProtectionData', 'HLSSignalingData'] },
        { systemId: FAIRPLAY, elements: ['HLSSignalingData'] },
      ],
    })
    const signaling = ['   HLSSignalingData playlist=media', '   HLSSignalingData playlist=master']
    assert.deepEqual(summary(xml), [
      'CPIX contentId=r version=2.3',
      ' ContentKeyList',
      `  ContentKey kid=${KID} commonEncryptionScheme=cbcs`,
      `  ContentKey kid=${OTHER} commonEncryptionScheme=cbcs`,
      ' DRMSystemList',
      ...[KID, OTHER].flatMap((kid) => [
        `  DRMSystem kid=${kid} systemId=${WIDEVINE}`,
        '   PSSH',
        '   ContentProtectionData',
        ...signaling,
      ]),
      ...[KID, OTHER].flatMap((kid) => [`  DRMSystem kid=${kid} systemId=${FAIRPLAY}`, ...signaling]),
      ' ContentKeyPeriodList',
      '  ContentKeyPeriod id=keyPeriod_0 index=0',
      ' ContentKeyUsageRuleList',
      `  ContentKeyUsageRule kid=${KID} intendedTrackType=SD`,
      '   KeyPeriodFilter periodId=keyPeriod_0',
      '   VideoFilter maxPixels=589824',
      `  ContentKeyUsageRule kid=${OTHER} intendedTrackType=MULTICHANNEL_AUDIO_3_6`,
      '   KeyPeriodFilter periodId=keyPeriod_0',
      '   AudioFilter minChannels=3 maxChannels=6',
    ])
  })

  it('has both filters for the key of all tracks', () => {
    const keys = [{ kid: KID, trackType: 'ALL', video: {}, audio: {} }]
    const xml = writeSpeke2Request({ contentId: 'r', periodIndex: 0, scheme: 'cenc', keys, systems: [] })
    assert.deepEqual(summary(xml).slice(-4), [
      `  ContentKeyUsageRule kid=${KID} intendedTrackType=ALL`,
      '   KeyPeriodFilter periodId=keyPeriod_0',
      '   VideoFilter',
      '   AudioFilter',
    ])
  })
})
