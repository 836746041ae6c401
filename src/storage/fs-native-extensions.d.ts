declare module 'fs-native-extensions' {
  /**
   * Asks the kernel for a lock on an open file, without waiting. It belongs to the open file, so a second `open` in
   * the same process conflicts as well, and it ends with the last descriptor, also when the process is killed.
   * @returns false when another open file holds a lock that conflicts
   */
  export function tryLock(fd: number, options?: { readonly shared?: boolean }): boolean
}
