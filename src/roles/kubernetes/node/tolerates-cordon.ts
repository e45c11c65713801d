/** Of a pod's tolerations, each `,KEY:EFFECT,`: inside of kubectl's jsonpath of a pod. */
export const TOLERATIONS = '{range .spec.tolerations[*]},{.key}:{.effect},{end}';

/**
 * A pattern of awk for those that let a pod onto a cordoned node: its controller may put the next one there, so waiting for it to be gone
 * has no end. No key or no effect means any.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
export const TOLERATES_CORDON = '",(node[.]kubernetes[.]io/unschedulable)?:(NoSchedule)?,"';
