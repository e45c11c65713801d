# os/state: Make the directory of Kubewright's notes
## check
for d in /var/lib/kubewright; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:700:root:root ]; done
## apply
mkdir -p -- /var/lib/kubewright
chmod 00700 -- /var/lib/kubewright
chown root:root -- /var/lib/kubewright

# os/bin: Make the directory of binaries
## check
for d in /usr/local/bin; do [ "$(stat -c %F:%a:%U:%G -- "$d")" = directory:755:root:root ]; done
## apply
mkdir -p -- /usr/local/bin
chmod 00755 -- /usr/local/bin
chown root:root -- /usr/local/bin

# os/hosts: Write the cluster's names into /etc/hosts
# (writes /etc/hosts)
## check
[ "$(awk -v b='# BEGIN kubewright hosts' -v e='# END kubewright hosts' '$0 == b {on = 1} on {print} $0 == e {on = 0}' /etc/hosts)" = '# BEGIN kubewright hosts
192.168.1.11 m11-k8s m11-k8s.cluster.local
192.168.1.12 m12-k8s m12-k8s.cluster.local
192.168.1.13 m13-k8s m13-k8s.cluster.local
192.168.1.14 w101-k8s w101-k8s.cluster.local
192.168.1.15 w102-k8s w102-k8s.cluster.local
# END kubewright hosts' ]
## apply
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
{
      [ ! -f /etc/hosts ] || awk -v b='# BEGIN kubewright hosts' -v e='# END kubewright hosts' '$0 == b {skip = 1} !skip {print} $0 == e {skip = 0}' /etc/hosts
      printf '%s
' '# BEGIN kubewright hosts
192.168.1.11 m11-k8s m11-k8s.cluster.local
192.168.1.12 m12-k8s m12-k8s.cluster.local
192.168.1.13 m13-k8s m13-k8s.cluster.local
192.168.1.14 w101-k8s w101-k8s.cluster.local
192.168.1.15 w102-k8s w102-k8s.cluster.local
# END kubewright hosts'
    } > "$tmp"
cat "$tmp" > /etc/hosts

# os/swap: Turn swap off
## check
[ "$(wc -l < /proc/swaps)" -le 1 ]
[ ! -f /etc/fstab ] || [ -z "$(awk '!/^[[:space:]]*#/ && $3 == "swap"' /etc/fstab)" ]
## apply
swapoff -a
if [ -f /etc/fstab ]; then
  tmp=$(mktemp /etc/fstab.kw-XXXXXX)
  trap 'rm -f "$tmp"' EXIT
  awk '!/^[[:space:]]*#/ && $3 == "swap" {printf "# swap is off for the kubelet: "} {print}' /etc/fstab > "$tmp"
  chmod --reference=/etc/fstab "$tmp"
  mv -f "$tmp" /etc/fstab
fi
# zram and swap partitions that systemd finds by themselves come back at boot unless their units are masked.
for unit in $(systemctl list-units --all --plain --no-legend --type=swap | awk '{print $1}'); do systemctl mask "$unit"; done

# os/packages: Install packages of the distribution
## check
[ "$(dpkg-query -W -f '${db:Status-Status}
' ca-certificates conntrack curl ethtool iptables iproute2 kmod libseccomp2 openssl socat util-linux bash-completion 2>/dev/null | grep -cx installed)" -eq 12 ]
## apply
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
# Other programs (unattended upgrades after boot) may hold the lock for minutes.
apt_get() { apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"; }
apt_get install --no-install-recommends ca-certificates conntrack curl ethtool iptables iproute2 kmod libseccomp2 openssl socat util-linux bash-completion || {
  apt_get update
  apt_get install --no-install-recommends ca-certificates conntrack curl ethtool iptables iproute2 kmod libseccomp2 openssl socat util-linux bash-completion
}

# os/modules: Load kernel modules
## check
grep -qw overlay /proc/filesystems
[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]
[ -e /proc/sys/net/netfilter/nf_conntrack_max ]
[ -e /sys/module/ip_set ]
dir=/lib/modules/$(uname -r)
[ -e /sys/module/xt_set ] || [ ! -d "$dir" ] || grep -qs /xt_set.ko "$dir/modules.builtin"
printf '%s
' overlay br_netfilter nf_conntrack ip_set xt_set | cmp -s - /etc/modules-load.d/kubewright.conf
## apply
mkdir -p /etc/modules-load.d
printf '%s
' overlay br_netfilter nf_conntrack ip_set xt_set > /etc/modules-load.d/kubewright.conf
( set -eu; grep -qw overlay /proc/filesystems ) || modprobe -- overlay
( set -eu; [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ) || modprobe -- br_netfilter
( set -eu; [ -e /proc/sys/net/netfilter/nf_conntrack_max ] ) || modprobe -- nf_conntrack
( set -eu; [ -e /sys/module/ip_set ] ) || modprobe -- ip_set
( set -eu; dir=/lib/modules/$(uname -r)
[ -e /sys/module/xt_set ] || [ ! -d "$dir" ] || grep -qs /xt_set.ko "$dir/modules.builtin" ) || modprobe -- xt_set

# os/sysctls: Set kernel parameters
## check
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
[ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)" = 1 ]
[ "$(cat /proc/sys/net/bridge/bridge-nf-call-ip6tables)" = 1 ]
[ "$(cat /proc/sys/net/ipv4/ip_local_reserved_ports)" = 30000-32767 ]
[ "$(cat /proc/sys/fs/inotify/max_user_instances)" -ge 8192 ]
{ printf '%s' 'net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_local_reserved_ports = 30000-32767
'; n=$(cat /proc/sys/fs/inotify/max_user_instances 2>/dev/null || echo 0); [ "$n" -ge 8192 ] || n=8192; echo 'fs.inotify.max_user_instances = '"$n"; } | cmp -s - /etc/sysctl.d/99-kubewright.conf
## apply
mkdir -p /etc/sysctl.d
{ printf '%s' 'net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_local_reserved_ports = 30000-32767
'; n=$(cat /proc/sys/fs/inotify/max_user_instances 2>/dev/null || echo 0); [ "$n" -ge 8192 ] || n=8192; echo 'fs.inotify.max_user_instances = '"$n"; } > /etc/sysctl.d/99-kubewright.conf
( set -eu; [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] ) || sysctl -q -w 'net.ipv4.ip_forward=1'
( set -eu; [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)" = 1 ] ) || sysctl -q -w 'net.bridge.bridge-nf-call-iptables=1'
( set -eu; [ "$(cat /proc/sys/net/bridge/bridge-nf-call-ip6tables)" = 1 ] ) || sysctl -q -w 'net.bridge.bridge-nf-call-ip6tables=1'
( set -eu; [ "$(cat /proc/sys/net/ipv4/ip_local_reserved_ports)" = 30000-32767 ] ) || sysctl -q -w 'net.ipv4.ip_local_reserved_ports=30000-32767'
( set -eu; [ "$(cat /proc/sys/fs/inotify/max_user_instances)" -ge 8192 ] ) || sysctl -q -w 'fs.inotify.max_user_instances=8192'
