import type { NetworkPlugin } from './plugin.js';

/** The operator brings a network; nodes stay NotReady until then. */
export const none: NetworkPlugin = {
  name: 'none',
  components: [],
  settings: [],
  needsPodSubnets: false,
  makesNodesReady: false,
  tasks: () => [],
};
