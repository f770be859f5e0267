/**
 * All that the pure core (media, manifests, model) may use of its platform. It compiles without Node's types, so what
 * is not listed here does not exist for it: no clock, no environment, no I/O.
 */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(input?: Uint8Array): string
}

declare class TextEncoder {
  encode(input: string): Uint8Array<ArrayBuffer>
}

/** Node's native searching and decoding of bytes, ten times as fast as a loop (see bench). */
declare class Buffer extends Uint8Array {
  static from(buffer: ArrayBufferLike, byteOffset?: number, length?: number): Buffer
  static from(text: string, encoding: 'base64'): Buffer
  indexOf(value: number | string, byteOffset?: number, encoding?: 'latin1'): number
  latin1Slice(start?: number, end?: number): string
  utf8Slice(start?: number, end?: number): string
}

declare namespace WebAssembly {
  class Module {
    constructor(code: Uint8Array)
  }
  class Memory {
    constructor(descriptor: { initial: number })
    readonly buffer: ArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Memory>>)
    readonly exports: unknown
  }
  function validate(code: Uint8Array): boolean
}

/** The frames of a stack that V8 records with each error. */
interface ErrorConstructor {
  stackTraceLimit: number
}
