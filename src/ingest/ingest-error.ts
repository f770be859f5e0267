import type { OutgoingHttpHeaders } from 'node:http'
import type { LogEvent } from '../log.ts'
import { STORE_UNAVAILABLE } from '../stores/resources.ts'
import { FILE_NAME_RULE } from './file-name.ts'

/** Methods of an ingest folder: RFC 4918 class 1 without reading, copying and properties. */
export const METHODS = 'OPTIONS, HEAD, PUT, POST, DELETE, PROPFIND, MKCOL'

type IngestAnswer = {
  readonly status: number
  /** A sentence for the encoder's operator. Names in braces are placeholders, filled by the refusal. */
  readonly sentence: string
  readonly headers?: OutgoingHttpHeaders
  /** The event logged; absent for answers that are part of the normal exchange with encoders. */
  readonly event?: LogEvent
}

const SOON = { 'retry-after': '1' }

const ANSWERS = {
  InvalidPath: {
    status: 400,
    sentence: 'An ingest path is /in/v2/<channel GUID>/<ingest endpoint id>/<file name>.',
    event: 'ingest-refused',
  },
  InvalidFileName: { status: 400, sentence: `A${FILE_NAME_RULE.slice(1)}.`, event: 'ingest-refused' },
  NoFileName: { status: 400, sentence: 'The path has no file name.', event: 'ingest-refused' },
  MalformedPlaylist: {
    status: 400,
    sentence: 'The playlist cannot be used, {problem}.',
    event: 'playlist-refused',
  },
  TooManyStreams: {
    status: 400,
    // The name is MediaPackage's.
    sentence: 'MaxIngestStreamsError: the parent playlist has {streams} streams; at most {limit} are allowed.',
    event: 'playlist-refused',
  },
  CredentialsNeeded: { status: 401, sentence: 'Credentials are required.' },
  CredentialsWrong: { status: 401, sentence: 'The credentials are wrong.', event: 'ingest-credentials-wrong' },
  NonceExpired: { status: 401, sentence: 'The nonce has expired.' },
  NonceCountUsed: { status: 401, sentence: 'The nonce count has already been used.' },
  DepthNotSupported: { status: 403, sentence: 'PROPFIND requires Depth: 0.', event: 'ingest-refused' },
  NoSuchFile: { status: 404, sentence: 'There is no such file.' },
  ChannelDeleted: {
    status: 404,
    sentence: 'The channel was deleted while the body was sent.',
    event: 'ingest-refused',
  },
  MethodNotAllowed: {
    status: 405,
    sentence: `An ingest folder accepts only ${METHODS}.`,
    headers: { allow: METHODS },
    event: 'ingest-refused',
  },
  BodyTooLong: { status: 413, sentence: 'The body is longer than {limit} bytes.', event: 'ingest-refused' },
  TooManyRequests: { status: 429, sentence: 'Too many requests for this channel.', event: 'ingest-refused' },
  TooManyWrongCredentials: {
    status: 429,
    sentence: 'Too many wrong credentials from this address.',
    headers: { connection: 'close' },
    event: 'ingest-credentials-wrong',
  },
  StorageFailed: {
    status: 503,
    sentence: 'The body could not be stored.',
    headers: SOON,
    event: 'ingest-storage-failed',
  },
  StoreUnavailable: { status: 503, sentence: STORE_UNAVAILABLE, headers: SOON, event: 'store-unavailable' },
  ArchiveFull: {
    status: 507,
    sentence: 'The {scope} is full: it keeps at most {limit} bytes, and the oldest must leave first.',
    headers: { 'retry-after': '10' },
    event: 'ingest-storage-failed',
  },
  NoSpace: {
    status: 507,
    sentence: 'There is no space left to store the body.',
    headers: SOON,
    event: 'ingest-storage-failed',
  },
} as const satisfies Readonly<Record<string, IngestAnswer>>

/** A reason for which the ingest refuses a request. */
export type IngestError = keyof typeof ANSWERS

type ValueNames<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ValueNames<Rest>
  : never

/** Values for the placeholders in the sentence of an error. */
export type IngestErrorValues<Code extends IngestError> = {
  readonly [Name in ValueNames<(typeof ANSWERS)[Code]['sentence']>]: string | number
}

/** The ingest's refusals, by reason. */
export const INGEST_ERRORS: Readonly<Record<IngestError, IngestAnswer>> = ANSWERS
