import { useState } from 'react'

/**
 * What somebody is writing, kept in this tab under a name until it is saved or given up: a reload loses nothing of it.
 * Nothing secret may be in it.
 */
export function useKeptDraft<T extends object>(name: string, begin: () => T) {
  const key = `windrow-draft ${name}`
  const [begun] = useState(() => {
    const kept = read<T>(key)
    return { value: kept ?? begin(), isKept: kept !== undefined }
  })
  const [value, setValue] = useState(begun.value)
  const [isKept, setIsKept] = useState(begun.isKept)
  return {
    value,
    /** True where it is from before a reload, or from an earlier visit of the page. */
    isKept,
    change(next: T): void {
      setValue(next)
      window.sessionStorage.setItem(key, JSON.stringify(next))
    },
    /** Begins anew. */
    restart(): void {
      setValue(begin())
      setIsKept(false)
      window.sessionStorage.removeItem(key)
    },
    forget(): void {
      window.sessionStorage.removeItem(key)
    },
  }
}

function read<T>(key: string): T | undefined {
  const text = window.sessionStorage.getItem(key)
  if (text === null) return undefined
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}
