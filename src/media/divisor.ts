/** The greatest common divisor of two non-negative integers; of 0 and another number, that number. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
