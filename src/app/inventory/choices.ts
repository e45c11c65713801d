// A file of its own: the flags of a command need it before anything else is loaded.
export { NETWORK_PLUGINS } from '../../cluster/network-plugins.js';
