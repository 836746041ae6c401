/** Milliseconds after its last change that a document is stored; Hocuspocus ships with 2,000. */
export const EAGER_DEBOUNCE_MS = 100
