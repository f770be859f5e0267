import type { VideoDescription } from '../../media/track.ts'
import { CannotCut } from '../output-format.ts'
import { AVC_PICTURES } from './avc-pictures.ts'
import { HEVC_PICTURES } from './hevc-pictures.ts'
import type { PictureCodec } from './picture-codec.ts'

/** How pictures of a track are encoded and read. Throws CannotCut where they cannot be. */
export function pictureCodec({ codec }: Pick<VideoDescription, 'codec'>): PictureCodec {
  if (codec.startsWith('avc1')) return AVC_PICTURES
  if (codec.startsWith('hvc1')) return HEVC_PICTURES
  throw new CannotCut(`Pictures of ${codec} cannot be encoded anew; cut to FRAME instead.`)
}
