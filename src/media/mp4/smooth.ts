import type { ByteWriter } from '../bytes.ts'
import { writeBox } from './box.ts'

/** Boxes that Smooth Streaming adds to a track fragment, MS-SSTR §2.2.4.4 and §2.2.4.5. */

/** A fragment's place on the presentation's timeline, in its units (100 ns unless the manifest says otherwise). */
export type FragmentInterval = { readonly time: number; readonly duration: number }

const TFXD = Uint8Array.from([
  0x6d, 0x1d, 0x9b, 0x05, 0x42, 0xd5, 0x44, 0xe6, 0x80, 0xe2, 0x14, 0x1d, 0xaf, 0xf7, 0x57, 0xb2,
])
const TFRF = Uint8Array.from([
  0xd4, 0x80, 0x7e, 0xf2, 0xca, 0x39, 0x46, 0x95, 0x8e, 0x54, 0x26, 0xcb, 0x9e, 0x46, 0xa7, 0x9f,
])

/** TfxdBox: where this fragment stands. */
export function writeTfxd(writer: ByteWriter, interval: FragmentInterval): void {
  writeUuidBox(writer, TFXD, () => writeInterval(writer, interval))
}

/** TfrfBox: where the fragments after this one stand; at most 255. */
export function writeTfrf(writer: ByteWriter, following: readonly FragmentInterval[]): void {
  writeUuidBox(writer, TFRF, () => {
    writer.u8(following.length)
    for (const interval of following) writeInterval(writer, interval)
  })
}

/** Version 1 has 64-bit fields. */
function writeUuidBox(writer: ByteWriter, type: Uint8Array, body: () => void): void {
  writeBox(writer, 'uuid', () => {
    writer.write(type)
    writer.u8(1)
    writer.u24(0)
    body()
  })
}

function writeInterval(writer: ByteWriter, { time, duration }: FragmentInterval): void {
  writer.u64(BigInt(time))
  writer.u64(BigInt(duration))
}
