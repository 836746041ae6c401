import { Fragment, type VNode } from 'preact'

interface Props {
  readonly pairs: readonly (readonly [string, string])[]
  readonly id?: string
}

/** Terms and their values. */
export function Terms({ pairs, id }: Props): VNode {
  return (
    <dl id={id}>
      {pairs.map(([term, value]) => (
        <Fragment key={`${term} ${value}`}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  )
}
