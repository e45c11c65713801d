import * as z from 'zod';
import { bool, count, int, strings, text } from '../setting-types.js';

/** BGP has twice as many; Calico's resources declare an int32, which the API server enforces. */
const LARGEST_AS = 2147483647;
/** The larger ones also in two parts, as `100.1`. */
const AS_NUMBER = /^(\d{1,10}|\d{1,5}\.\d{1,5})$/;
const asNumber = text.pipe(
  z
    .string()
    .refine(
      (v) => asNumberOf(v) !== undefined,
      `must be an AS number, 1 to ${LARGEST_AS}, the largest that Calico's resources hold`,
    ),
);

const encapsulation = ['Always', 'CrossSubnet', 'Never'] as const;
const methods = /^(first-found|kubernetes-internal-ip|(can-reach|interface|skip-interface|cidr)=\S+)$/;

/** A router that nodes peer with. Without a scope, or with `node`, it belongs to the hosts that have the variable. */
const peer = z.object({
  router_id: text,
  as: asNumber,
  scope: z.enum(['global', 'node']).optional(),
  name: text.optional(),
  filters: strings.optional(),
  sourceaddress: z.enum(['UseNodeIP', 'None']).optional(),
  numallowedlocalasnumbers: int.optional(),
});

/** Settings of Calico, with kubespray's names and defaults. */
export const calicoShape = {
  calico_network_backend: z.enum(['vxlan', 'bird', 'none']).default('vxlan').describe("Calico's backend"),
  calico_vxlan_mode: z.enum(encapsulation).default('Always').describe('VXLAN between nodes'),
  calico_ipip_mode: z.enum(encapsulation).default('Never').describe('IP in IP between nodes'),
  calico_pool_name: text
    .pipe(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits, hyphens and dots'))
    .default('default-pool')
    .describe("name of Calico's address pool"),
  calico_pool_cidr: text.optional().describe("Calico's address pool, within kube_pods_subnet; default: all of it"),
  calico_pool_blocksize: int.pipe(z.number().min(20).max(32)).default(26).describe("prefix length of Calico's address blocks"),
  calico_mtu: count.optional().describe('MTU of pods and tunnels; default: Calico finds out'),
  calico_veth_mtu: count.optional().describe('the same; wins over calico_mtu'),
  calico_felix_mtu_iface_pattern: text.optional().describe('interfaces that Calico finds the MTU by, a regular expression'),
  nat_outgoing: bool.default(true).describe('masquerade what leaves the pod subnet'),
  calico_ip_auto_method: text
    .pipe(
      z
        .string()
        .regex(methods, 'must be first-found, can-reach=…, interface=…, skip-interface=…, cidr=… or kubernetes-internal-ip'),
    )
    .optional()
    .describe("how Calico finds a node's address; default: the one that Kubernetes has (ip)"),
  calico_loglevel: text
    .transform((v) => v.toLowerCase())
    .pipe(z.enum(['debug', 'info', 'warning', 'error', 'fatal']))
    .default('info')
    .describe("log level of Felix, Calico's agent"),
  calico_iptables_backend: z
    .enum(['Auto', 'Legacy', 'NFT'])
    .default('Auto')
    .describe("variant of iptables that Calico's rules use"),
  calico_wireguard_enabled: bool.default(false).describe('encrypt what goes between nodes with WireGuard'),
  typha_enabled: bool.optional().describe('Typha between the nodes and the API; default: with more than 50 nodes'),
  typha_replicas: count.default(1).describe('number of Typha pods'),
  global_as_num: asNumber.default('64512').describe('AS number of the nodes (BGP)'),
  local_as: asNumber.optional().describe('AS number of a host that differs (BGP)'),
  peer_with_router: bool.default(false).describe('peer with the routers in peers and not node by node (BGP)'),
  peers: z.array(peer).default([]).describe('routers: {router_id, as, scope}, scope global or node'),
  cluster_id: text.optional().describe('ID of the route reflectors in calico_rr, an IPv4 address (BGP)'),
  calico_advertise_cluster_ips: bool.default(false).describe('announce the service subnet (BGP)'),
  calico_advertise_service_external_ips: strings.default([]).describe('ranges of external service addresses to announce (BGP)'),
  calico_advertise_service_loadbalancer_ips: strings.default([]).describe('ranges of load balancer addresses to announce (BGP)'),
} as const;

/** `100.1` is 100 * 65536 + 1; undefined: not an AS number. */
export function asNumberOf(written: string): number | undefined {
  if (!AS_NUMBER.test(written)) return undefined;
  const [high = 0, low] = written.split('.').map(Number);
  if (low !== undefined && (high > 65535 || low > 65535)) return undefined;
  const number = low === undefined ? high : high * 65536 + low;
  return number >= 1 && number <= LARGEST_AS ? number : undefined;
}
