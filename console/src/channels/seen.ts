import { type RefObject, useEffect, useState } from 'react'

/** True while an element is in view, in a page that is. */
export function useIsSeen(element: RefObject<Element | null>): boolean {
  const [isInView, setIsInView] = useState(false)
  const [isPageShown, setIsPageShown] = useState(!document.hidden)
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setIsInView(entries.at(-1)?.isIntersecting ?? false))
    if (element.current) observer.observe(element.current)
    const look = () => setIsPageShown(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => {
      observer.disconnect()
      document.removeEventListener('visibilitychange', look)
    }
  }, [element])
  return isInView && isPageShown
}
