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
