/**
 * A splice_info_section (ANSI/SCTE 35 §9.6) that a segment carried. Bytes are in hexadecimal, since what a probe finds
 * is stored as JSON.
 */
export type SpliceMessage = {
  /**
   * When it came, in 90 kHz ticks: the raw 33-bit PTS of the last PES packet of video (or of audio, where there is no
   * video) that began before its end; where none did, the first PTS of the segment.
   */
  readonly arrival: number
  /** The whole section as it came, in hexadecimal. */
  readonly section: string
  /** At least one. */
  readonly signals: readonly SpliceSignal[]
}

/** What a message announces: its splice_insert(), then each of its segmentation_descriptor()s. */
export type SpliceSignal = SpliceInsert | Segmentation

type Timing = {
  /**
   * The PTS at which it happens: pts_time plus pts_adjustment modulo 2³³, in 90 kHz ticks; of several components, the
   * earliest. Absent when it happens at once.
   */
  readonly time?: number
  /** In 90 kHz ticks; absent when the message does not state it. */
  readonly duration?: number
}

/** splice_insert(), §9.7.3. */
export type SpliceInsert =
  | { readonly kind: 'splice-insert'; readonly id: number; readonly isCancel: true }
  | (Timing & {
      readonly kind: 'splice-insert'
      /** splice_event_id */
      readonly id: number
      readonly isCancel?: never
      /** out_of_network_indicator: true when a break begins, false when it ends. */
      readonly isOut: boolean
      /** auto_return: the break ends by itself after `duration`; absent when that is. */
      readonly autoReturn?: boolean
      /** unique_program_id */
      readonly programId: number
      readonly availNum: number
      readonly availsExpected: number
    })

/** segmentation_descriptor(), §10.3.3. */
export type Segmentation =
  | { readonly kind: 'segmentation'; readonly id: number; readonly isCancel: true }
  | (Timing & {
      readonly kind: 'segmentation'
      /** segmentation_event_id: has nothing to do with ids of splice_insert(). */
      readonly id: number
      readonly isCancel?: never
      /** segmentation_type_id */
      readonly typeId: number
      /** segmentation_upid_type and segmentation_upid(), in hexadecimal; absent when there is none. */
      readonly upid?: { readonly type: number; readonly bytes: string }
      /** Absent when delivery is not restricted. */
      readonly restrictions?: DeliveryRestrictions
      readonly segmentNum: number
      readonly segmentsExpected: number
      /** Absent when the message has no sub-segments. */
      readonly subSegment?: { readonly num: number; readonly expected: number }
    })

type DeliveryRestrictions = {
  readonly webDeliveryAllowed: boolean
  readonly noRegionalBlackout: boolean
  readonly archiveAllowed: boolean
  /** device_restrictions: a group of devices, 0 to 2, or 3 for no restriction. */
  readonly deviceRestrictions: number
}

/** Why a section is refused. */
export type SpliceProblem =
  /** It is no splice_info_section. */
  | 'table-id'
  | 'crc'
  | 'protocol-version'
  | 'encrypted'
  /** Its lengths contradict each other, or it is longer than 4096 bytes. */
  | 'length'
  /** Its splice_command_type is reserved. */
  | 'command-type'
  /** It has more segmentation_descriptor()s than are read. */
  | 'descriptors'
  /** Packets with parts of it are missing, or not in the segment. */
  | 'incomplete'
  /** The segment has had as many messages as are kept or as many signals in them, or as many bytes of them. */
  | 'too-many'
  | 'too-large'
