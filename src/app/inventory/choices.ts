// Apart from the use cases, as the flags of a command must know it before anything else is loaded.
export { NETWORK_PLUGINS } from '../../cluster/network-plugins.js';
