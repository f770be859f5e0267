import type { OriginEndpoint, Package } from '../model/origin-endpoint.ts'
import { cmaf } from './cmaf.ts'
import { dash } from './dash.ts'
import { hls } from './hls.ts'
import { mss } from './mss.ts'
import type { OutputFormat } from './output-format.ts'

const FORMATS: { readonly [T in Package['type']]: OutputFormat | undefined } = {
  hlsPackage: hls,
  cmafPackage: cmaf,
  dashPackage: dash,
  mssPackage: mss,
}

/** The format an endpoint asks for, or undefined when it cannot be made yet. */
export function outputFormatOf(endpoint: OriginEndpoint): OutputFormat | undefined {
  // Nobody who asked for encryption is to find the content in the clear.
  if ('encryption' in endpoint.package && endpoint.package.encryption) return undefined
  return FORMATS[endpoint.package.type]
}
