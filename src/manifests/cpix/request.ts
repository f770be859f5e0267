import { element, writeXml, type XmlElement } from '../xml.ts'
import { CPIX, PSKC, SPEKE, XMLDSIG } from './cpix-names.ts'

/** What may be asked of a key for one DRM system: elements of DRMSystem. Those of SPEKE 1.0 are all asked for. */
export type SystemElement = 'PSSH' | 'ContentProtectionData' | 'HLSSignalingData'

/** Tracks by their pixels or channels, both bounds inclusive; without bounds, all. */
type Bounds = {
  readonly minPixels?: number
  readonly maxPixels?: number
  readonly minChannels?: number
  readonly maxChannels?: number
}

/** A request for keys in SPEKE 1.0. Bytes are in base64. */
export type Speke1Request = {
  readonly contentId: string
  readonly periodIndex: number
  readonly kid: string
  readonly explicitIv?: string
  readonly systemIds: readonly string[]
  /** A certificate in DER: the keys are to be encrypted for it. */
  readonly certificate?: string
}

/** A request for keys in SPEKE 2.0. Bytes are in base64. */
export type Speke2Request = {
  readonly contentId: string
  readonly periodIndex: number
  readonly scheme: 'cenc' | 'cbcs'
  readonly explicitIv?: string
  readonly keys: readonly {
    readonly kid: string
    readonly trackType: string
    /** Present where the key is for pictures. */
    readonly video?: Bounds
    /** Present where the key is for sound. */
    readonly audio?: Bounds
  }[]
  readonly systems: readonly { readonly systemId: string; readonly elements: readonly SystemElement[] }[]
  readonly certificate?: string
}

/** The version of CPIX that SPEKE 2.0 is written in. */
export const CPIX_VERSION = '2.3'

const ELEMENTS_OF_SPEKE_1 = [
  'cpix:ContentProtectionData',
  'speke:KeyFormat',
  'speke:KeyFormatVersions',
  'speke:ProtectionHeader',
  'cpix:PSSH',
  'cpix:URIExtXKey',
]

export function writeSpeke1Request(request: Speke1Request): string {
  const { contentId, periodIndex, kid, explicitIv, systemIds, certificate } = request
  const namespaces = {
    'xmlns:cpix': CPIX,
    'xmlns:pskc': PSKC,
    'xmlns:speke': SPEKE,
    ...(certificate !== undefined && { 'xmlns:ds': XMLDSIG }),
  }
  const periodId = `keyPeriod_${periodIndex}`
  return writeXml(
    element('cpix:CPIX', { id: contentId, ...namespaces }, [
      ...deliveryData(certificate),
      element('cpix:ContentKeyList', {}, [element('cpix:ContentKey', { kid, explicitIV: explicitIv })]),
      element(
        'cpix:DRMSystemList',
        {},
        systemIds.map((systemId) =>
          element(
            'cpix:DRMSystem',
            { kid, systemId },
            ELEMENTS_OF_SPEKE_1.map((name) => element(name)),
          ),
        ),
      ),
      periodList(periodId, periodIndex),
      element('cpix:ContentKeyUsageRuleList', {}, [
        element('cpix:ContentKeyUsageRule', { kid }, [element('cpix:KeyPeriodFilter', { periodId })]),
      ]),
    ]),
  )
}

/** Elements are in the order of the schema of CPIX 2.3. */
export function writeSpeke2Request(request: Speke2Request): string {
  const { contentId, periodIndex, scheme, explicitIv, keys, systems, certificate } = request
  const namespaces = {
    'xmlns:cpix': CPIX,
    'xmlns:pskc': PSKC,
    ...(certificate !== undefined && { 'xmlns:ds': XMLDSIG }),
  }
  const periodId = `keyPeriod_${periodIndex}`
  return writeXml(
    element('cpix:CPIX', { contentId, version: CPIX_VERSION, ...namespaces }, [
      ...deliveryData(certificate),
      element(
        'cpix:ContentKeyList',
        {},
        keys.map(({ kid }) =>
          element('cpix:ContentKey', { kid, explicitIV: explicitIv, commonEncryptionScheme: scheme }),
        ),
      ),
      element(
        'cpix:DRMSystemList',
        {},
        systems.flatMap(({ systemId, elements }) =>
          keys.map(({ kid }) => element('cpix:DRMSystem', { kid, systemId }, elements.flatMap(systemElements))),
        ),
      ),
      periodList(periodId, periodIndex),
      element(
        'cpix:ContentKeyUsageRuleList',
        {},
        keys.map(({ kid, trackType, video, audio }) =>
          element('cpix:ContentKeyUsageRule', { kid, intendedTrackType: trackType }, [
            element('cpix:KeyPeriodFilter', { periodId }),
            ...(video ? [element('cpix:VideoFilter', video)] : []),
            ...(audio ? [element('cpix:AudioFilter', audio)] : []),
          ]),
        ),
      ),
    ]),
  )
}

function systemElements(name: SystemElement): readonly XmlElement[] {
  if (name !== 'HLSSignalingData') return [element(`cpix:${name}`)]
  return ['media', 'master'].map((playlist) => element('cpix:HLSSignalingData', { playlist }))
}

/** Always with an index: an encryptor of SPEKE names the key period of live content even where keys never change. */
function periodList(id: string, index: number): XmlElement {
  return element('cpix:ContentKeyPeriodList', {}, [element('cpix:ContentKeyPeriod', { id, index })])
}

function deliveryData(certificate: string | undefined): readonly XmlElement[] {
  if (certificate === undefined) return []
  const key = element('ds:X509Data', {}, [element('ds:X509Certificate', {}, [certificate])])
  return [
    element('cpix:DeliveryDataList', {}, [
      element('cpix:DeliveryData', { id: 'windrow' }, [element('cpix:DeliveryKey', {}, [key])]),
    ]),
  ]
}
