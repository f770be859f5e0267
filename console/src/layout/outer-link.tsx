import Link from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'
import { isHttp } from './is-http.ts'

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
