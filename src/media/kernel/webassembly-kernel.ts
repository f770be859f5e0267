import type { Kernel } from './kernel.ts'
import { KERNEL_MODULE } from './kernel-module.ts'

/** Bytes in which WebAssembly counts memory. */
const PAGE_SIZE = 65_536

const code = Buffer.from(KERNEL_MODULE, 'base64')
let compiled: WebAssembly.Module | undefined

/** Whether this machine runs the module: not where WebAssembly is switched off, or lacks SIMD. */
export function isWebAssemblyUsable(): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(code)
}

/**
 * A kernel in WebAssembly; undefined when there is no memory for one: each takes several GiB of the addresses of a
 * process, whatever its size is, since V8 finds accesses outside of it by pages that do not exist.
 */
export function newWebAssemblyKernel(size: number): Kernel | undefined {
  compiled ??= new WebAssembly.Module(code)
  let memory: WebAssembly.Memory
  try {
    memory = new WebAssembly.Memory({ initial: Math.ceil(size / PAGE_SIZE) })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  const { copyPayloads, endOfPackets, findStartCode } = exports as Omit<Kernel, 'bytes'>
  return { bytes: Buffer.from(memory.buffer), copyPayloads, endOfPackets, findStartCode }
}
