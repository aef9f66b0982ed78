/** Some rows of a longer list, newest first. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Of the whole list. */
  readonly total: number;
  /** There are older ones. */
  readonly hasMore: boolean;
  /** There are newer ones than those of a page that was asked for from an older message. */
  readonly hasNewer: boolean;
}
