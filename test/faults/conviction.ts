import type { Catcher, Fault } from './fault.ts'
import type { TestRun, TreeCopy } from './tree-copy.ts'

export type Verdict = {
  readonly fault: Fault
  readonly isCaught: boolean
  readonly seconds: number
  /** What the first failure says, in a line; or why the fault counts as not caught. */
  readonly said: string
  /** All that the test has printed. */
  readonly output: string
}

/** Puts each fault into the tree in turn and runs the test that must notice it, which must pass without the fault. */
export async function convict(
  faults: readonly Fault[],
  tree: TreeCopy,
  tell: (verdict: Verdict) => void,
  log: (line: string) => void,
): Promise<void> {
  const complaint = await tree.build()
  if (complaint !== undefined) throw new Error(`it does not compile without a fault:\n${complaint}`)
  const began = performance.now()
  const sound = new Map<string, TestRun>()
  for (const { caughtBy } of faults) {
    const key = keyOf(caughtBy)
    if (!sound.has(key)) sound.set(key, await tree.test(caughtBy))
  }
  log(`${sound.size} tests without a fault took ${secondsSince(began).toFixed(1)} s`)
  for (const fault of faults) {
    const { isGood, passed, output } = sound.get(keyOf(fault.caughtBy))!
    const unfit = !isGood ? 'it fails without the fault, too' : passed === 0 ? 'it runs no case here' : undefined
    if (unfit !== undefined) tell({ fault, isCaught: false, seconds: 0, said: unfit, output })
    else tell(await tree.withFault(fault, () => verdictOn(fault, tree)))
  }
}

async function verdictOn(fault: Fault, tree: TreeCopy): Promise<Verdict> {
  const began = performance.now()
  const verdict = (isCaught: boolean, said: string, output: string): Verdict => {
    return { fault, isCaught, seconds: secondsSince(began), said, output }
  }
  const complaint = await tree.build()
  if (complaint !== undefined) return verdict(false, 'it does not compile', complaint)
  const { isGood, output } = await tree.test(fault.caughtBy, { expectsFailure: true })
  if (isGood) return verdict(false, 'it passes', output)
  if (!fault.failure.test(output)) return verdict(false, `it fails without saying ${fault.failure}`, output)
  return verdict(true, firstFailure(output), output)
}

/** The title of the first failure that is told whole, and the first line of what it says. */
function firstFailure(output: string): string {
  const [, title = '', message = ''] = /^✖ (.*)\n +at .*\n((?:.|\n)*)/m.exec(output) ?? []
  const [said = ''] = message.split('\n').filter((line) => line.trim() !== '')
  return `${title}: ${said.trim()}`.slice(0, 200)
}

function keyOf({ file, cases }: Catcher): string {
  return JSON.stringify([file, cases])
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000
}
