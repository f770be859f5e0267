import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'
import { mss } from './mss/format.ts'
import type { OutputFormat } from './output-format.ts'
import { cutting } from './shown-window.ts'

const FORMATS = { hls: cutting(hls), cmaf: cutting(cmaf), dash: cutting(dash), mss: cutting(mss) }

/** The format for an endpoint's container and manifests; undefined when it is not implemented. */
export function outputFormatOf({ packaging }: OriginEndpoint): OutputFormat | undefined {
  const { container, encryption, manifests } = packaging
  // Content for which encryption was requested must never be served in the clear.
  if (encryption) return undefined
  const types = new Set(manifests.map(({ type }) => type))
  switch (container) {
    case 'TS':
      return FORMATS.hls
    case 'CMAF':
      if (types.size > 1) return undefined
      return types.has('DASH') ? FORMATS.dash : FORMATS.cmaf
    case 'ISM':
      return FORMATS.mss
  }
}
