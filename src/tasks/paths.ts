/** Where Kubewright keeps its own notes on a node: what was installed, with what configuration a unit was started. */
export const NODE_STATE = '/var/lib/kubewright';
