import type { OutgoingHttpHeaders } from 'node:http'
import type { Absence } from '../archive/reader.ts'
import { STORE_UNAVAILABLE } from '../stores/resources.ts'

type PlaybackAnswer = {
  readonly status: number
  /** A sentence for the viewer's operator. */
  readonly sentence: string
  readonly headers?: OutgoingHttpHeaders
  /**
   * Seconds for which caches may keep the response, 0 for none; 1 by default, since content may arrive at any moment.
   */
  readonly maxAge?: number
}

const SOON = { 'Retry-After': '1' }
/** Seconds for errors that only a change of the endpoint can end: as long as CDNs cache errors by default. */
const UNLIKELY = 10
/** Seconds for content that was deleted and never returns. */
const GONE = 60

const ANSWERS = {
  InvalidQuery: { status: 400, sentence: 'The query is invalid.' },
  FilterLeavesNothing: { status: 400, sentence: 'The filter excludes every track of this manifest.' },
  OriginationDenied: { status: 403, sentence: 'Origination from this endpoint is denied.', maxAge: 0 },
  NotWhitelisted: {
    status: 403,
    sentence: 'Your address is not on the whitelist of this endpoint.',
    maxAge: 0,
  },
  CdnIdentifierRefused: { status: 403, sentence: 'Forbidden.', maxAge: 0 },
  NoSuchEndpoint: { status: 404, sentence: 'There is no such origin endpoint.' },
  CannotPackage: { status: 404, sentence: 'The packaging of this endpoint is not supported yet.' },
  ClipIsEncrypted: {
    status: 403,
    sentence: 'The endpoint of this clip is encrypted, so that it is played in the format of the endpoint alone.',
    maxAge: UNLIKELY,
  },
  NotEncryptable: {
    status: 404,
    sentence: 'No stream can be encrypted as this endpoint wants it: SAMPLE-AES of MPEG-TS is not defined for HEVC.',
  },
  NoSuchClip: { status: 404, sentence: 'There is no such clip, or it has ended.' },
  NoSuchObject: {
    status: 404,
    sentence: 'There is no such object, or its stream has no media there.',
    maxAge: UNLIKELY,
  },
  NotYet: { status: 404, sentence: 'This segment does not exist yet.' },
  NoLongerKept: { status: 404, sentence: 'This segment is no longer kept.', maxAge: GONE },
  SegmentLost: {
    status: 404,
    sentence: 'The media of this segment, or of this window, are lost or damaged.',
    maxAge: 0,
  },
  NothingToShowYet: { status: 404, sentence: 'There is nothing to show yet.' },
  NoKeyYet: {
    status: 404,
    sentence: 'This endpoint has no content key so far.',
    headers: { 'Retry-After': '5' },
  },
  NoSuchStream: { status: 404, sentence: 'There is no such stream, or it has too little content so far.' },
  WindowNotYet: { status: 404, sentence: 'The window begins after the newest content.' },
  NoStartoverWindow: { status: 404, sentence: 'This endpoint has no startover window.', maxAge: UNLIKELY },
  OutsideStartoverWindow: {
    status: 404,
    sentence: 'The window begins before the startover window of this endpoint.',
    maxAge: UNLIKELY,
  },
  NothingInWindow: { status: 404, sentence: 'There is no media in this window.' },
  Mp4NotAllowed: {
    status: 403,
    sentence: 'This server makes no MP4 files on request; the setting mp4-on-request allows them.',
    maxAge: UNLIKELY,
  },
  Mp4InTheClear: {
    status: 403,
    sentence: 'This endpoint is encrypted, and an MP4 file would be in the clear.',
    maxAge: UNLIKELY,
  },
  WindowTooLong: { status: 400, sentence: 'The window is longer than an MP4 file may be.', maxAge: UNLIKELY },
  WindowNotOver: { status: 404, sentence: 'The window ends after the newest content, and a file has all of it.' },
  NothingForMp4: { status: 404, sentence: 'No track of this window can be in an MP4 file.' },
  MethodNotAllowed: {
    status: 405,
    sentence: 'Only GET, HEAD and OPTIONS are allowed.',
    headers: { Allow: 'GET, HEAD, OPTIONS' },
  },
  RangeNotSatisfiable: { status: 416, sentence: 'The segment or file ends before that range.' },
  TooManyMisses: {
    status: 429,
    sentence: 'Too many requests from your address are for what is not there, or not for you; try again.',
    headers: SOON,
    maxAge: 0,
  },
  TooManyMp4Requests: {
    status: 429,
    sentence: 'Too many MP4 files are being sent to your address; try again.',
    headers: SOON,
    maxAge: 0,
  },
  Mp4Busy: { status: 503, sentence: 'Too many MP4 files are being made; try again.', headers: SOON, maxAge: 0 },
  Mp4TablesFull: {
    status: 503,
    sentence: 'There is no space for the sample tables of another MP4 file; try again.',
    headers: SOON,
    maxAge: 0,
  },
  TooManyConnections: { status: 503, sentence: 'Too many connections are in use; try again.', headers: SOON },
  ManifestsBusy: { status: 503, sentence: 'Too many manifests are being written; try again.', headers: SOON },
  StoreUnavailable: { status: 503, sentence: STORE_UNAVAILABLE, headers: SOON },
} as const satisfies Readonly<Record<string, PlaybackAnswer>>

/** The reason why playback gives no media. */
export type PlaybackError = keyof typeof ANSWERS

/** The response of playback for each reason to give no media. */
export const PLAYBACK_ERRORS: Readonly<Record<PlaybackError, PlaybackAnswer>> = ANSWERS

/** What players are told of segments that are not there. */
export const ABSENT_SEGMENTS = {
  'not yet': 'NotYet',
  'no longer kept': 'NoLongerKept',
  'no such': 'NoSuchObject',
} as const satisfies Record<Absence, PlaybackError>
