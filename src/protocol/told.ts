/**
 * A type generated from schemas/, as a server holds what it answers: made once and changed by nobody. What is assigned
 * to it is checked when it is compiled.
 */
export type Told<T> = T extends object ? { readonly [K in keyof T]: Told<T[K]> } : T
