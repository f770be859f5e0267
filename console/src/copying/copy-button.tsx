import Button from '@cloudscape-design/components/button'
import LiveRegion from '@cloudscape-design/components/live-region'
import { useState } from 'react'

/** Copies a text. Its label names what is copied, such as "Copy the URL of input 1". */
export function CopyButton({
  text,
  label,
  children,
}: {
  readonly text: string
  readonly label: string
  /** Shown in the button; absent where a picture will do. */
  readonly children?: string
}) {
  const [said, setSaid] = useState('')
  const copy = async () => {
    const isDone = await copyText(text)
    setSaid('')
    // The same words are said again only when they have been others.
    window.setTimeout(() =>
      setSaid(isDone ? 'Copied.' : 'The browser does not allow copying; select the text instead.'),
    )
  }
  return (
    <span>
      <Button
        variant={children === undefined ? 'inline-icon' : 'normal'}
        iconName={said === 'Copied.' ? 'check' : 'copy'}
        ariaLabel={label}
        onClick={() => void copy()}
      >
        {children}
      </Button>
      <LiveRegion hidden={said === '' || said === 'Copied.'}>{said}</LiveRegion>
    </span>
  )
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text)
  }
}

/** Pages without TLS have no clipboard; what is selected can be copied all the same. */
function copySelected(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('aria-hidden', 'true')
  area.style.position = 'fixed'
  area.style.opacity = '0'
  const { activeElement } = document
  document.body.append(area)
  area.select()
  try {
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    area.remove()
    if (activeElement instanceof HTMLElement) activeElement.focus()
  }
}
