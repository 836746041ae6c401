/** What history can be asked of. */
export const SUBJECT_KINDS = ['document', 'invoice', 'bill', 'item', 'image', 'terminal', 'shop'] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]
