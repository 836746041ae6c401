/** What a route takes and answers, as its OpenAPI document says it: references are into schemas/. */
export interface ApiShape {
  /** Schema of the JSON body, such as `relay-api.schema.json#/$defs/SyncRequest`; or the media type of bytes. */
  readonly body?: string
  /** Schema of the JSON answer, or the media type of another one. Without it the answer is a JSON object. */
  readonly answer?: string
  /** Query parameters with what they are for. */
  readonly query?: Readonly<Record<string, string>>
  /** HTTP status of success, where it is not 200. */
  readonly status?: 201 | 206
}
