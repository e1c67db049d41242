/** A value that survives JSON unchanged: what the ledger stores for ranges, anchors and receipts. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

export type JsonObject = { readonly [key: string]: Json };
