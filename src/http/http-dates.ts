/**
 * Gives the Date of responses, RFC 9110 §5.6.7, by a clock in milliseconds since 1970. Its text is made once a second.
 */
export function httpDates(now: () => number): () => string {
  let second = Number.NaN
  let text = ''
  return () => {
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      second = current
      text = new Date(second * 1000).toUTCString()
    }
    return text
  }
}
