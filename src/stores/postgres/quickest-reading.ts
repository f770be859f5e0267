/** Questions of which the one answered soonest counts. */
const READINGS = 3

/** An answer that told what was so at one moment between question and answer. */
export type Reading<Answer> = {
  readonly answer: Answer
  /** Halfway between question and answer, by the monotonic clock. */
  readonly at: number
  /** By how much the moment may have been earlier or later: half the round trip. */
  readonly errorMs: number
}

/** Asks some times; undefined when every round trip took `mostMs` or more. */
export async function quickestReading<Answer>(
  ask: () => Promise<Answer>,
  { monotonic, mostMs }: { readonly monotonic: () => number; readonly mostMs: number },
): Promise<Reading<Answer> | undefined> {
  let best: Reading<Answer> | undefined
  for (let reading = 0; reading < READINGS; reading++) {
    const asked = monotonic()
    const answer = await ask()
    const answered = monotonic()
    const errorMs = (answered - asked) / 2
    if (errorMs < (best?.errorMs ?? mostMs / 2)) best = { answer, at: (asked + answered) / 2, errorMs }
  }
  return best
}
