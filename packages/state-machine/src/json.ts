/** A JSON value. Everything a module takes, answers, shows or stores in a snapshot is one. Numbers are finite. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };
