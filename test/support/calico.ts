import type { VarValue } from '../../src/inventory/model/values.js';

interface Combination {
  readonly vars: Readonly<Record<string, VarValue>>;
  /** Hosts of calico_rr. */
  readonly reflectors?: readonly string[];
}

const bird = { calico_network_backend: 'bird' };
const plain = { ...bird, calico_vxlan_mode: 'Never' };

/** Every way in which Calico carries pods, and every setting of it once. */
export const CALICO: Readonly<Record<string, Combination>> = {
  vxlan: { vars: {} },
  'vxlan-cross-subnet': { vars: { calico_vxlan_mode: 'CrossSubnet' } },
  'bird-mesh': { vars: plain },
  'bird-vxlan': { vars: bird },
  'bird-vxlan-cross-subnet': { vars: { ...bird, calico_vxlan_mode: 'CrossSubnet' } },
  'bird-ipip': { vars: { ...plain, calico_ipip_mode: 'Always' } },
  'bird-ipip-cross-subnet': { vars: { ...plain, calico_ipip_mode: 'CrossSubnet' } },
  'bird-reflectors': { vars: { ...plain, cluster_id: '244.0.0.1' }, reflectors: ['w101-k8s', 'w102-k8s'] },
  'bird-routers': {
    vars: {
      ...plain,
      global_as_num: '1000.1',
      local_as: '64513',
      peer_with_router: true,
      peers: [
        { router_id: '192.168.1.254', as: '65001', scope: 'global', name: 'rack' },
        { router_id: '192.168.1.253', as: 65002, sourceaddress: 'None', filters: ['in'], numallowedlocalasnumbers: 1 },
      ],
      calico_advertise_cluster_ips: true,
      calico_advertise_service_external_ips: ['192.0.2.0/24'],
      calico_advertise_service_loadbalancer_ips: ['198.51.100.0/24', '203.0.113.7/32'],
    },
  },
  none: { vars: { calico_network_backend: 'none', calico_vxlan_mode: 'Never' } },
  typha: { vars: { typha_enabled: true, typha_replicas: 3 } },
  tuned: {
    vars: {
      calico_pool_name: 'pods',
      calico_pool_cidr: '10.233.64.0/20',
      calico_pool_blocksize: 24,
      calico_veth_mtu: 1400,
      calico_felix_mtu_iface_pattern: '^eth.*',
      calico_ip_auto_method: 'interface=eth.*',
      calico_loglevel: 'Warning',
      calico_iptables_backend: 'NFT',
      calico_wireguard_enabled: true,
      nat_outgoing: false,
      kube_proxy_mode: 'ipvs',
      kube_apiserver_node_port_range: '20000-22000',
    },
  },
};
