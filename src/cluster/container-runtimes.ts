/** What `container_manager` may say, the default first. `roles/runtime/runtimes.ts` has what each does. */
export const CONTAINER_RUNTIMES = ['containerd'] as const;

export type ContainerRuntime = (typeof CONTAINER_RUNTIMES)[number];
