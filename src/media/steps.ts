/**
 * Work in steps: it yields wherever whoever runs it may do something else in between, and returns its result. A step
 * is about `STEP_COST` of work, which takes a few milliseconds, whatever the input is.
 */
export type Steps<T> = Generator<void, T, void>

/** Work that is always done: no caller may ask for less of it at a time. In bytes that are moved or searched. */
const STEP_COST = 1024 * 1024

/** What an item (a packet, a NAL unit, a frame, a tag, a line) costs besides its bytes, in bytes. */
const ITEM_COST = 1024

/** Tells a loop when its step has done enough. */
export class StepMeter {
  private left = STEP_COST

  /** Counts an item of so many bytes; true when the step should end after it. */
  ends(bytes = 0): boolean {
    this.left -= bytes + ITEM_COST
    if (this.left > 0) return false
    this.left = STEP_COST
    return true
  }
}

/** Does all steps at once. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
