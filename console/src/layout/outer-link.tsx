import Link from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'

const FOLLOWED = ['http:', 'https:']

/** A link to what the API names by a URL; text where that is none of HTTP. */
export function OuterLink({ url, children }: { readonly url: string; readonly children?: ReactNode }) {
  const shown = <span className="break">{children ?? url}</span>
  return isHttp(url) ? (
    <Link href={url} external rel="noreferrer">
      {shown}
    </Link>
  ) : (
    shown
  )
}

/** True for what may be followed: other schemes can be code. */
export function isHttp(url: string): boolean {
  return URL.canParse(url) && FOLLOWED.includes(new URL(url).protocol)
}
