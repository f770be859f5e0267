import { currentPalette, onThemeChange, type Palette } from '../drawing/palette.ts'

type Draw = (context: CanvasRenderingContext2D, palette: Palette) => void

/**
 * A canvas that is drawn anew before the next picture of the screen, once however often that is asked for, and in the
 * colours of the theme.
 */
export class Painter {
  private readonly canvas: HTMLCanvasElement
  private readonly draw: Draw
  private readonly observer: ResizeObserver
  private readonly endTheme: () => void
  private palette = currentPalette()
  private frame: number | undefined

  /** `onWidth` hears of the width in CSS pixels. The height is that of the element. */
  constructor(canvas: HTMLCanvasElement, draw: Draw, onWidth: (width: number) => void) {
    this.canvas = canvas
    this.draw = draw
    this.observer = new ResizeObserver(([entry]) => {
      if (!entry) return
      // The pixels of the screen that the element has: as sharp as they can be at any zoom of the page.
      const [size] = entry.devicePixelContentBoxSize ?? []
      const ratio = window.devicePixelRatio
      canvas.width = Math.max(1, size?.inlineSize ?? Math.round(entry.contentRect.width * ratio))
      canvas.height = Math.max(1, size?.blockSize ?? Math.round(entry.contentRect.height * ratio))
      onWidth(entry.contentRect.width)
      this.paintNow()
    })
    this.observer.observe(canvas)
    this.endTheme = onThemeChange(() => {
      this.palette = currentPalette()
      this.paint()
    })
  }

  readonly paint = (): void => {
    this.frame ??= window.requestAnimationFrame(() => this.paintNow())
  }

  close(): void {
    this.observer.disconnect()
    this.endTheme()
    if (this.frame !== undefined) window.cancelAnimationFrame(this.frame)
  }

  private paintNow(): void {
    if (this.frame !== undefined) window.cancelAnimationFrame(this.frame)
    this.frame = undefined
    const context = this.canvas.getContext('2d')
    const { clientWidth, clientHeight, width, height } = this.canvas
    if (!context || clientWidth === 0) return
    context.setTransform(width / clientWidth, 0, 0, height / clientHeight, 0, 0)
    this.draw(context, this.palette)
  }
}
