import { type RefObject, useEffect, useRef } from 'react'

const PRODUCT = 'Windrow'
/** A count behind a heading is no part of what the page is called. */
const COUNT = /\s*\([\d,+]+\)$/

/**
 * Names the document after the heading of the page below `place`, and moves the focus there when the page has become
 * another, so that a screen reader begins with it, and the keyboard behind it.
 */
export function usePageHeading(place: RefObject<HTMLElement | null>, path: string): void {
  const shown = useRef(path)
  useEffect(() => {
    const content = place.current
    if (!content) return
    let isWaiting = shown.current !== path
    shown.current = path
    if (isWaiting) window.scrollTo(0, 0)
    const look = () => {
      const heading = content.querySelector('h1')
      if (!heading) return
      const title = `${heading.textContent.trim().replace(COUNT, '')} – ${PRODUCT}`
      if (document.title !== title) document.title = title
      if (!isWaiting) return
      isWaiting = false
      heading.tabIndex = -1
      heading.focus({ preventScroll: true })
    }
    // Somebody who has gone on meanwhile is not called back.
    const goOn = () => {
      isWaiting = false
    }
    look()
    // Pages are loaded, and read what they show, after the address has changed.
    const observer = new MutationObserver(look)
    observer.observe(content, { childList: true, subtree: true, characterData: true })
    document.addEventListener('keydown', goOn)
    document.addEventListener('pointerdown', goOn)
    return () => {
      observer.disconnect()
      document.removeEventListener('keydown', goOn)
      document.removeEventListener('pointerdown', goOn)
    }
  }, [place, path])
}
