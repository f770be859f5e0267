/** The samples of a video track before all of them have times: the n-th entry of each array belongs to sample n. */
export class PictureList {
  count = 0
  sizes: Uint32Array
  /** Decoding times in 90 kHz ticks; NaN where the stream does not state them. */
  dts: Float64Array
  pts: Float64Array
  /** `Picture.order`; NaN where the stream does not state it. */
  orders: Float64Array
  epochs: Uint32Array
  sync: Uint8Array

  constructor(capacity: number) {
    this.sizes = new Uint32Array(capacity)
    this.dts = new Float64Array(capacity)
    this.pts = new Float64Array(capacity)
    this.orders = new Float64Array(capacity)
    this.epochs = new Uint32Array(capacity)
    this.sync = new Uint8Array(capacity)
  }

  /** Makes room for one more sample. */
  reserve(): void {
    if (this.count < this.sizes.length) return
    const capacity = this.count * 2 + 16
    this.sizes = grown(this.sizes, new Uint32Array(capacity))
    this.dts = grown(this.dts, new Float64Array(capacity))
    this.pts = grown(this.pts, new Float64Array(capacity))
    this.orders = grown(this.orders, new Float64Array(capacity))
    this.epochs = grown(this.epochs, new Uint32Array(capacity))
    this.sync = grown(this.sync, new Uint8Array(capacity))
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
