import type { SignedFetch } from '../../api/signed-fetch.ts'

export type AskedKeyFrame = {
  /** Of the operation for key frames. */
  readonly path: string
  readonly moment: number
  /** Lines of the picture. */
  readonly height: number
}

/** The key frame at a moment, or the one before. Rejects where there is none, or none that can be decoded. */
export async function keyFrameAt(
  signed: SignedFetch,
  { path, moment, height }: AskedKeyFrame,
  signal: AbortSignal,
): Promise<ImageBitmap> {
  const query = { time: new Date(moment).toISOString(), height: String(height) }
  const response = await signed({ method: 'GET', path, query, signal })
  if (!response.ok) throw new Error(`There is no picture: ${response.status}`)
  return keyFramePicture(await response.blob(), height)
}

/**
 * The picture of a file with one key frame, as the operation for key frames answers it. Media elements decode
 * whatever the browser can, also on pages without TLS, which have no WebCodecs. Rejects where it cannot be decoded.
 */
export async function keyFramePicture(file: Blob, height: number): Promise<ImageBitmap> {
  const url = URL.createObjectURL(file)
  const video = document.createElement('video')
  video.muted = true
  video.preload = 'auto'
  try {
    await new Promise<void>((resolve, reject) => {
      video.onloadeddata = () => resolve()
      video.onerror = () => reject(new Error('The browser does not decode the pictures of this channel.'))
      video.src = url
    })
    const resizeWidth = Math.max(1, Math.round((height * video.videoWidth) / Math.max(1, video.videoHeight)))
    return await createImageBitmap(video, { resizeHeight: height, resizeWidth, resizeQuality: 'medium' })
  } finally {
    video.removeAttribute('src')
    video.load()
    URL.revokeObjectURL(url)
  }
}
