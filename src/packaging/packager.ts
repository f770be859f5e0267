import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Packaging } from '../model/packaging.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'
import { mss } from './mss/format.ts'
import type { OutputFormat } from './output-format.ts'
import { protecting } from './protecting.ts'
import { cutting } from './shown-window.ts'

const FORMATS = { hls: cutting(hls), cmaf: cutting(cmaf), dash: cutting(dash), mss: cutting(mss) }

/** The format for an endpoint's container and manifests; undefined when it is not implemented. */
export function outputFormatOf({ packaging }: OriginEndpoint): OutputFormat | undefined {
  const format = formatIn(packaging)
  return format && packaging.encryption ? protecting(format) : format
}

function formatIn({ container, manifests }: Packaging): OutputFormat | undefined {
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
