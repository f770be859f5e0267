import type { OriginEndpoint, Package } from '../model/origin-endpoint.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'
import { mss } from './mss/format.ts'
import type { OutputFormat } from './output-format.ts'

const FORMATS: { readonly [T in Package['type']]: OutputFormat | undefined } = {
  hlsPackage: hls,
  cmafPackage: cmaf,
  dashPackage: dash,
  mssPackage: mss,
}

/** The format of an endpoint; undefined when it is not implemented. */
export function outputFormatOf(endpoint: OriginEndpoint): OutputFormat | undefined {
  // Content for which encryption was requested must never be served in the clear.
  if ('encryption' in endpoint.package && endpoint.package.encryption) return undefined
  return FORMATS[endpoint.package.type]
}
