import { dsvFormat } from 'd3-dsv';
import { PLUS } from '../../../phone-numbers/parse-phone-number';

const SEPARATORS = /[\t\n\r,;]+/;
const DIGIT = /\p{Nd}/u;
/** In the cells below a header. "Phone 1 - Value" is one. */
const DIGITS = /\p{Nd}(?:\P{L}*?\p{Nd}){2}/u;
const INTERNATIONAL = new RegExp(`^\\P{Nd}*${PLUS.source}`, 'u');
const WITH_TRUNK_PREFIX = /^\P{Nd}*[0٠۰０]/u;
/** Enough of a column to tell what it has. */
const CELLS_TO_GUESS_BY = 100;

/** A column with digits in it. */
export interface PastedColumn {
  /** In the table, from 1. */
  readonly position: number;
  /** From its header; empty if it has none. */
  readonly name: string;
  /** Those with digits. */
  readonly cells: readonly string[];
}

/** Of what a spreadsheet copies, or of CSV with commas or semicolons. */
export function columnsOf(text: string): readonly PastedColumn[] {
  const rows = rowsOf(text);
  const [first = []] = rows;
  const hasHeader = !first.some((cell) => DIGITS.test(cell));
  const body = hasHeader ? rows.slice(1) : rows;
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: width }, (_, index) => ({
    position: index + 1,
    name: hasHeader ? (first[index] ?? '').trim() : '',
    cells: body.map((row) => row[index]?.trim() ?? '').filter(hasDigit),
  })).filter(({ cells }) => cells.length > 0);
}

/** The cells that are recipients where nothing else can be meant: of a list, or of one column with country codes. */
export function unambiguousCells(text: string): readonly string[] | undefined {
  const cells = text.split(SEPARATORS).filter((cell) => cell.trim() !== '');
  // A list. Of a spreadsheet, each column is of something else.
  if (!text.includes('\t') && cells.every(isInternational)) return cells;
  if (!cells.some(hasDigit)) return cells;
  const rows = rowsOf(text);
  const filled = rows.flatMap((row) => row.flatMap((cell, at) => (cell.trim() === '' ? [] : at)));
  if (new Set(filled).size === 1) return rows.flat();
  const [column, ...others] = columnsOf(text);
  // They stay typed.
  if (!column) return cells;
  // A cell may be a list itself.
  const parts = column.cells.flatMap((cell) => cell.split(SEPARATORS)).filter(hasDigit);
  return others.length === 0 && parts.every(isInternational) ? column.cells : undefined;
}

/** The column that most probably has the phone numbers. In some countries, dates and amounts can be numbers, too. */
export function guessColumn(
  columns: readonly PastedColumn[],
  canBeNumber: (cell: string) => boolean,
): PastedColumn | undefined {
  const scoreOf = (cell: string): number => {
    if (!canBeNumber(cell)) return 0;
    if (isInternational(cell)) return 3;
    return WITH_TRUNK_PREFIX.test(cell) ? 2 : 1;
  };
  const scores = columns.map(({ cells }) =>
    cells.slice(0, CELLS_TO_GUESS_BY).reduce((sum, cell) => sum + scoreOf(cell), 0),
  );
  const best = Math.max(0, ...scores);
  return best > 0 ? columns[scores.indexOf(best)] : undefined;
}

/** A quote that does not end with its cell is a part of its text, as in `"Ada" Smith`. */
function rowsOf(text: string): string[][] {
  const separator = separatorOf(text);
  const end = `[${separator}\\n\\r]`;
  const literal = new RegExp(`(^|${end})"(?![^"]*(?:""[^"]*)*"(?:${end}|$))`, 'g');
  return dsvFormat(separator).parseRows(text.replace(literal, '$1'));
}

/** Where commas are the decimal mark, spreadsheets write CSV with semicolons. */
function separatorOf(text: string): string {
  if (text.includes('\t')) return '\t';
  return text.split(';').length >= text.split(',').length ? ';' : ',';
}

function hasDigit(cell: string): boolean {
  return DIGIT.test(cell);
}

function isInternational(cell: string): boolean {
  return INTERNATIONAL.test(cell);
}
