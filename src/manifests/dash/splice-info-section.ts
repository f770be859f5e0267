import { element, type XmlElement } from '../xml.ts'

/** The namespace of messages of SCTE 35 in XML, and the scheme of events that have one. */
export const SCTE35_XML = 'urn:scte:scte35:2013:xml'

/**
 * A SpliceInfoSection, SCTE 35 §11: a message in XML. Fields are named after the attributes and elements they become;
 * times are in 90 kHz ticks.
 */
export type SpliceInfoSection = {
  readonly protocolVersion: number
  readonly ptsAdjustment: number
  readonly tier: number
  readonly command: SpliceInsert | TimeSignal
  readonly segmentationDescriptors: readonly SegmentationDescriptor[]
}

type SpliceInsert = {
  readonly name: 'SpliceInsert'
  readonly spliceEventId: number
  readonly outOfNetworkIndicator: boolean
  /** Absent when it happens at once. */
  readonly ptsTime?: number
  readonly breakDuration?: { readonly autoReturn: boolean; readonly duration: number }
  readonly uniqueProgramId: number
  readonly availNum: number
  readonly availsExpected: number
}

/** Without a time, it happens at once. */
type TimeSignal = { readonly name: 'TimeSignal'; readonly ptsTime?: number }

type SegmentationDescriptor = {
  readonly segmentationEventId: number
  /** Absent of an event that is cancelled. */
  readonly event?: {
    readonly segmentationDuration?: number
    readonly segmentationTypeId: number
    readonly segmentNum: number
    readonly segmentsExpected: number
    readonly subSegmentNum?: number
    readonly subSegmentsExpected?: number
    readonly deliveryRestrictions?: {
      readonly webDeliveryAllowedFlag: boolean
      readonly noRegionalBlackoutFlag: boolean
      readonly archiveAllowedFlag: boolean
      readonly deviceRestrictions: number
    }
    readonly segmentationUpid: {
      readonly segmentationUpidType: number
      /** In hexadecimal. */
      readonly bytes: string
    }
  }
}

/** The caller declares the prefix `scte35`. */
export function spliceInfoSection(section: SpliceInfoSection): XmlElement {
  const { protocolVersion, ptsAdjustment, tier, command, segmentationDescriptors } = section
  return scte35('SpliceInfoSection', { protocolVersion, ptsAdjustment, tier }, [
    command.name === 'SpliceInsert' ? spliceInsert(command) : timeSignal(command),
    ...segmentationDescriptors.map(segmentationDescriptor),
  ])
}

function spliceInsert(command: SpliceInsert): XmlElement {
  const { spliceEventId, outOfNetworkIndicator, ptsTime, breakDuration } = command
  const { uniqueProgramId, availNum, availsExpected } = command
  const attributes = {
    spliceEventId,
    spliceEventCancelIndicator: 'false',
    outOfNetworkIndicator: String(outOfNetworkIndicator),
    spliceImmediateFlag: String(ptsTime === undefined),
    uniqueProgramId,
    availNum,
    availsExpected,
  }
  return scte35('SpliceInsert', attributes, [
    scte35('Program', {}, ptsTime === undefined ? [] : [spliceTime(ptsTime)]),
    ...(breakDuration
      ? [scte35('BreakDuration', { ...breakDuration, autoReturn: String(breakDuration.autoReturn) })]
      : []),
  ])
}

function timeSignal({ ptsTime }: TimeSignal): XmlElement {
  return scte35('TimeSignal', {}, [spliceTime(ptsTime)])
}

function spliceTime(ptsTime: number | undefined): XmlElement {
  return scte35('SpliceTime', { ptsTime })
}

/**
 * What describes the segment is written twice: where the schema has it, and on SegmentationUpid, where readers of
 * MediaPackage's manifests look for it.
 */
function segmentationDescriptor({ segmentationEventId, event }: SegmentationDescriptor): XmlElement {
  const head = { segmentationEventId, segmentationEventCancelIndicator: String(event === undefined) }
  if (!event) return scte35('SegmentationDescriptor', head)
  const { segmentationDuration, deliveryRestrictions: restrictions, segmentationUpid: upid } = event
  const { segmentationTypeId, segmentNum, segmentsExpected, subSegmentNum, subSegmentsExpected } = event
  const segment = { segmentationTypeId, segmentNum, segmentsExpected }
  const attributes = { ...head, segmentationDuration, ...segment, subSegmentNum, subSegmentsExpected }
  const upidAttributes = {
    segmentationUpidType: upid.segmentationUpidType,
    segmentationUpidLength: upid.bytes.length / 2,
    ...segment,
  }
  return scte35('SegmentationDescriptor', attributes, [
    ...(restrictions
      ? [
          scte35('DeliveryRestrictions', {
            webDeliveryAllowedFlag: String(restrictions.webDeliveryAllowedFlag),
            noRegionalBlackoutFlag: String(restrictions.noRegionalBlackoutFlag),
            archiveAllowedFlag: String(restrictions.archiveAllowedFlag),
            deviceRestrictions: restrictions.deviceRestrictions,
          }),
        ]
      : []),
    scte35('SegmentationUpid', upidAttributes, upid.bytes === '' ? [] : [upid.bytes]),
  ])
}

function scte35(...[name, ...more]: Parameters<typeof element>): XmlElement {
  return element(`scte35:${name}`, ...more)
}
