import { TypeScriptKernel } from './typescript-kernel.ts'
import { isWebAssemblyUsable, newWebAssemblyKernel } from './webassembly-kernel.ts'

/**
 * What the demuxer does to most bytes of a segment, in memory of its own: packets are passed over and gathered, and
 * start codes are searched. There are two forms, which give the same results: one in WebAssembly, and one in
 * TypeScript, which is the reference, and is used where the other cannot be.
 *
 * All offsets are of `bytes`, and must be within it.
 */
export type Kernel = {
  readonly bytes: Buffer

  /**
   * Copies the payloads of MPEG-TS packets (ISO/IEC 13818-1 §2.4.3) that follow one another at `from`, to `to` and on.
   * The first has `header`, the others continue it; see `payloadHeader`. The copy may overlap the packets if it begins
   * before them.
   * @returns the offset of the first packet that has another header, or does not end before `end`
   */
  readonly copyPayloads: (from: number, end: number, to: number, header: number) => number

  /**
   * Passes over MPEG-TS packets at `from` that have the first three bytes of `header` and are not scrambled.
   * @returns the offset of the first packet that has others, is scrambled, or does not end before `end`
   */
  readonly endOfPackets: (from: number, end: number, header: number) => number

  /**
   * Offset of the first start code, 00 00 01 (ISO/IEC 14496-10 annex B), that lies between `from` and `end`; `end` when
   * there is none.
   */
  readonly findStartCode: (from: number, end: number) => number
}

/** Makes a kernel with memory of at least `size` bytes. */
export type KernelMaker = (size: number) => Kernel

/** A kernel in WebAssembly where that can be had, otherwise one in TypeScript. */
export function newKernel(size: number): Kernel {
  return (isWebAssemblyUsable() && newWebAssemblyKernel(size)) || new TypeScriptKernel(size)
}
