import { common, lengthOf, overlaps, type Span } from './span.ts'
import { msPerPixel, type View } from './view.ts'

/**
 * What is asked of the server at once: a part of the archive at one resolution. Tiles of a level are as long as each
 * other and begin at multiples of their length, so that one of a level is made of whole tiles of the level below.
 */
export type Tile = Span & { readonly level: number }

/** Each level shows a quarter of the detail of the one below. The first has key frames. */
export const RESOLUTIONS_MS = [250, 1000, 4000, 16_000, 64_000, 256_000, 1_024_000] as const

const CELLS = 1024
/** The least number of pixels that a cell of the chosen level has, unless it is the last level. */
const LEAST_PIXELS = 0.5

export const tileKey = ({ level, start }: Tile): string => `${level}/${start}`

const tileMs = (level: number) => RESOLUTIONS_MS[level]! * CELLS

/** The level whose cells have from half a pixel to two. */
export function levelOf(view: View): number {
  const least = msPerPixel(view) * LEAST_PIXELS
  const level = RESOLUTIONS_MS.findIndex((resolution) => resolution >= least)
  return level < 0 ? RESOLUTIONS_MS.length - 1 : level
}

/** The tiles of a level that have a part of a range, in the order of time. */
export function tilesOver(span: Span, level: number): readonly Tile[] {
  const length = tileMs(level)
  const tiles: Tile[] = []
  for (let start = Math.floor(span.start / length) * length; start < span.end; start += length) {
    tiles.push({ level, start, end: start + length })
  }
  return tiles
}

/** What a view needs, and beside it what it would show next when it is moved; nothing where there can be no content. */
export function wantedTiles(
  view: View,
  archive: Span,
): { readonly shown: readonly Tile[]; readonly next: readonly Tile[] } {
  const level = levelOf(view)
  const withContent = (tile: Tile) => overlaps(tile, archive)
  const shown = tilesOver(view, level).filter(withContent)
  const margin = lengthOf(view) / 2
  const around = tilesOver({ start: view.start - margin, end: view.end + margin }, level)
  return { shown, next: around.filter((tile) => withContent(tile) && !overlaps(tile, view)) }
}

/** A part of the view, and the tile from which it is drawn. */
export type Piece = Span & { readonly tile: Tile }

/**
 * From which of the tiles that are there a view is drawn: those of its own level, where these are still on their way
 * the nearest coarser one, else finer ones. The pieces do not overlap. What no tile has is left out.
 */
export function drawnPieces(view: View, has: (tile: Tile) => boolean): readonly Piece[] {
  return tilesOver(view, levelOf(view)).flatMap((tile) => {
    const span = common(tile, view)
    return span ? piecesOf(tile, span, has) : []
  })
}

function piecesOf(tile: Tile, span: Span, has: (tile: Tile) => boolean): readonly Piece[] {
  if (has(tile)) return [{ ...span, tile }]
  for (let level = tile.level + 1; level < RESOLUTIONS_MS.length; level++) {
    const [coarser] = tilesOver({ start: span.start, end: span.start + 1 }, level)
    if (coarser && has(coarser)) return [{ ...span, tile: coarser }]
  }
  return finerPieces(tile, span, has)
}

/** Two levels down there would be too many tiles to look for. */
const LEVELS_DOWN = 2

function finerPieces(tile: Tile, span: Span, has: (tile: Tile) => boolean, down = LEVELS_DOWN): readonly Piece[] {
  if (tile.level === 0 || down === 0) return []
  return tilesOver(span, tile.level - 1).flatMap((finer) => {
    const part = common(finer, span)
    if (!part) return []
    return has(finer) ? [{ ...part, tile: finer }] : finerPieces(finer, part, has, down - 1)
  })
}
