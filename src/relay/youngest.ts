/**
 * Sets a value as the youngest of a map, and forgets the oldest where there are more than `most`: what anybody may add to
 * must not grow without end.
 */
export function setYoungest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= most) return
    map.delete(oldest)
  }
}
