import type { ByteWriter } from '../bytes.ts'
import type { VideoDescription } from '../track.ts'
import type { Box } from './box.ts'
export type VideoEntry = {
  readonly kind: 'video'
  readonly width: number
  readonly height: number
  readonly codec: string
}
export function writeVideoEntry(_writer: ByteWriter, _description: VideoDescription): void {
  throw new Error('stand-in')
}
export function readVideoEntry(_box: Box): VideoEntry {
  throw new Error('stand-in')
}
