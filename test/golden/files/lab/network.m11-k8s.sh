# network/cni: Write the CNI configuration
# (writes /etc/cni/net.d/10-kubewright.conflist)
## check
[ -f /etc/cni/net.d/10-kubewright.conflist ]
[ ! -L /etc/cni/net.d/10-kubewright.conflist ]
[ "$(stat -c %a:%U:%G /etc/cni/net.d/10-kubewright.conflist)" = 644:root:root ]
[ "$(sha256sum < /etc/cni/net.d/10-kubewright.conflist)" = '9677d26d4e0c1c0151786f7b905bb3c1fbca163541d39d48f3c6e8f6aa42dbac  -' ]
## apply
tmp=$(mktemp /etc/cni/net.d/10-kubewright.conflist.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '{
  "cniVersion": "0.3.1",
  "name": "kubewright",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": false,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [
          [
            {
              "subnet": "10.233.64.0/24"
            }
          ]
        ],
        "routes": [
          {
            "dst": "0.0.0.0/0"
          }
        ]
      }
    },
    {
      "type": "portmap",
      "capabilities": {
        "portMappings": true
      }
    }
  ]
}
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/cni/net.d/10-kubewright.conflist

# network/script: Write the script that sets the routes
# (writes /usr/local/bin/kubewright-routes)
## check
[ -f /usr/local/bin/kubewright-routes ]
[ ! -L /usr/local/bin/kubewright-routes ]
[ "$(stat -c %a:%U:%G /usr/local/bin/kubewright-routes)" = 755:root:root ]
[ "$(sha256sum < /usr/local/bin/kubewright-routes)" = '2e0da1b4c8a11e4a28e0c6136ba728db0d9f9ae3a77f0038970ee975f9dc09e7  -' ]
## apply
tmp=$(mktemp /usr/local/bin/kubewright-routes.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '#!/bin/sh
# Written by Kubewright: routes to the pod subnets of the other nodes. `check` changes nothing and exits 1 where one is missing.
set -eu
own=10.233.64.0/24
pods=10.233.64.0/18
wanted='\''10.233.65.0/24 via 192.168.1.12
10.233.66.0/24 via 192.168.1.13
10.233.67.0/24 via 192.168.1.14
10.233.68.0/24 via 192.168.1.15'\''

have() { ip -4 route show proto 75 | sed '\''s/ dev .*//; s/ *$//'\'' | sort; }
rule() { iptables -w 10 -t nat "$1" POSTROUTING -s "$own" ! -d "$pods" -m comment --comment kubewright -j MASQUERADE 2>/dev/null; }
forward() { iptables -w 10 "$1" FORWARD "$2" "$pods" -m comment --comment kubewright -j ACCEPT 2>/dev/null; }

if [ "${1:-}" = check ]; then
  [ "$(have)" = "$(printf '\''%s\n'\'' "$wanted" | sed '\''/^$/d'\'' | sort)" ]
  rule -C
  forward -C -s
  forward -C -d
  exit 0
fi

have | while read -r subnet via gateway; do
  printf '\''%s\n'\'' "$wanted" | grep -qxF "$subnet $via $gateway" || ip route del "$subnet" $via "$gateway" proto 75
done
printf '\''%s\n'\'' "$wanted" | while read -r subnet via gateway; do
  [ -z "$subnet" ] || ip route replace "$subnet" $via "$gateway" proto 75
done
rule -C || rule -A
forward -C -s || forward -A -s
forward -C -d || forward -A -d
' > "$tmp"
chmod 755 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /usr/local/bin/kubewright-routes

# network/unit: Write the unit that sets the routes at boot
# (writes /etc/systemd/system/kubewright-routes.service)
## check
[ -f /etc/systemd/system/kubewright-routes.service ]
[ ! -L /etc/systemd/system/kubewright-routes.service ]
[ "$(stat -c %a:%U:%G /etc/systemd/system/kubewright-routes.service)" = 644:root:root ]
[ "$(sha256sum < /etc/systemd/system/kubewright-routes.service)" = '3bc77401afefd4e151a6fd335249576aa3de12ff4a1e037c26c12e302199115f  -' ]
## apply
tmp=$(mktemp /etc/systemd/system/kubewright-routes.service.kw-XXXXXX)
trap 'rm -f "$tmp"' EXIT
printf '%s' '[Unit]
Description=Routes to the pod subnets of the other nodes
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/bin/kubewright-routes

[Install]
WantedBy=multi-user.target
' > "$tmp"
chmod 644 "$tmp"
chown root:root "$tmp"
mv -fT "$tmp" /etc/systemd/system/kubewright-routes.service

# network/service: Set the routes
# (reads /etc/systemd/system/kubewright-routes.service, /usr/local/bin/kubewright-routes)
## check
systemctl is-enabled --quiet kubewright-routes.service
case $(systemctl is-active kubewright-routes.service) in active) ;; *) exit 1 ;; esac
[ "$(cat /var/lib/kubewright/started/kubewright-routes.service)" = "$(cat -- /etc/systemd/system/kubewright-routes.service /usr/local/bin/kubewright-routes 2>/dev/null | sha256sum)" ]
## apply
systemctl daemon-reload
systemctl enable --quiet kubewright-routes.service
if ! systemctl restart kubewright-routes.service; then
  systemctl status --no-pager --lines=0 kubewright-routes.service || true
  journalctl --no-pager --quiet --lines=15 --output=cat --unit kubewright-routes.service || true
  exit 1
fi
systemctl is-active --quiet kubewright-routes.service
mkdir -p /var/lib/kubewright/started
cat -- /etc/systemd/system/kubewright-routes.service /usr/local/bin/kubewright-routes 2>/dev/null | sha256sum > /var/lib/kubewright/started/kubewright-routes.service

# network/routes: See that the routes are in place
# (done by network/service)
## check
/usr/local/bin/kubewright-routes check
## apply
systemctl restart kubewright-routes.service
